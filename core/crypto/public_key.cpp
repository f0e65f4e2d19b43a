#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "crypto/key.h"
#include "crypto/library_handles.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

constexpr unsigned smallest_rsa = 512;
constexpr unsigned largest_rsa = 4096;

struct RsaNumbers {
  Bytes modulus, exponent;  // big-endian, without sign octet
  unsigned bits = 0;
};

Bytes magnitude(Bytes integer) {
  return integer.size() > 1 && integer.front() == 0 ? integer.subspan(1) : integer;
}

unsigned bits_of(Bytes magnitude) {
  unsigned bits = static_cast<unsigned>(8 * magnitude.size());
  for (unsigned mask = 0x80; mask != 0 && !magnitude.empty() && !(magnitude[0] & mask); mask >>= 1)
    --bits;
  return bits;
}

// Errc::bad_alg: a key that is not to be worked with, whatever it signs.
std::unexpected<Error> no_key(Reason reason, std::string detail) {
  return fail(Errc::bad_alg, reason, std::move(detail));
}

Result<RsaNumbers> read_rsa(Bytes key_bits) {
  asn1::Fault fault;
  asn1::Reader whole(key_bits, fault);
  asn1::Reader numbers = whole.enter(tag::sequence);
  const Bytes modulus = numbers.integer();
  const Bytes exponent = numbers.integer();
  numbers.end();
  whole.end();
  if (fault || (modulus[0] & 0x80) || (exponent[0] & 0x80))
    return no_key(Reason::key_not_allowed, "an RSA key that is none");
  RsaNumbers rsa{magnitude(modulus), magnitude(exponent), 0};
  rsa.bits = bits_of(rsa.modulus);
  const std::string size = "RSA key of " + std::to_string(rsa.bits) + " bits";
  if (rsa.bits < smallest_rsa) return no_key(Reason::key_too_short, size);
  if (rsa.bits > largest_rsa) return no_key(Reason::key_not_allowed, size);
  const bool exponent_fits = rsa.exponent.size() <= 4 && (rsa.exponent.back() & 1) &&
                             !(rsa.exponent.size() == 1 && rsa.exponent[0] < 3);
  if (!exponent_fits || !(rsa.modulus.back() & 1))
    return no_key(Reason::key_not_allowed,
                  "an RSA key with an exponent or modulus that is not allowed");
  return rsa;
}

Buffer little_endian(Bytes magnitude) {
  return {magnitude.rbegin(), magnitude.rend()};
}

KeyPtr key_from(const Library& library, const char* type, OSSL_PARAM* parameters) {
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(library->get(), type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    key = nullptr;
  clear_errors();
  return KeyPtr(key);
}

KeyPtr rsa_key(const Library& library, const RsaNumbers& rsa) {
  Buffer modulus = little_endian(rsa.modulus);
  Buffer exponent = little_endian(rsa.exponent);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus.data(), modulus.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent.data(), exponent.size()),
      OSSL_PARAM_construct_end()};
  return key_from(library, "RSA", parameters);
}

struct Curve {
  const asn1::Oid* type;
  const char* name;
  unsigned bits;
};
constexpr Curve curves[] = {
    {&oid::p256, "P-256", 256}, {&oid::p384, "P-384", 384}, {&oid::p521, "P-521", 521}};

KeyPtr ec_key(const Library& library, const Curve& curve, Bytes point) {
  std::string group = curve.name;
  Buffer octets = to_buffer(point);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size()),
      OSSL_PARAM_construct_end()};
  return key_from(library, "EC", parameters);
}

}  // namespace

Result<PublicKey> PublicKey::decode(const Library& library, Bytes info) {
  asn1::Fault fault;
  asn1::Reader whole(info, fault);
  asn1::Reader key_info = whole.enter(tag::sequence);
  asn1::Reader algorithm = key_info.enter(tag::sequence);
  const asn1::Oid type = algorithm.oid();
  std::optional<asn1::Oid> curve_type;
  if (algorithm.next_is(tag::object_identifier)) curve_type = algorithm.oid();
  const bool null_parameters = algorithm.optional_null();
  const bool other_parameters = !algorithm.at_end();
  const Bytes key_bits = key_info.bits();
  key_info.end();
  whole.end();
  if (fault) return no_key(Reason::key_not_allowed, std::string("public key: ") + fault.what());

  PublicKey key;
  key.library_ = library;
  key.info_ = to_buffer(info);
  KeyPtr made;
  if (type == oid::rsa_encryption && !curve_type && !other_parameters) {
    auto rsa = read_rsa(key_bits);
    if (!rsa) return std::unexpected(std::move(rsa).error());
    key.kind_ = KeyKind::rsa;
    key.bits_ = rsa->bits;
    made = rsa_key(library, *rsa);
  } else if (type == oid::ec_public_key && curve_type && !null_parameters && !other_parameters) {
    const auto* curve =
        std::ranges::find_if(curves, [&](const Curve& c) { return *c.type == *curve_type; });
    if (curve == std::end(curves))
      return no_key(Reason::key_not_allowed, "EC key on curve " + curve_type->dotted());
    const std::size_t coordinate = (curve->bits + 7) / 8;
    if (key_bits.size() != 1 + 2 * coordinate || key_bits[0] != 4)
      return no_key(Reason::key_not_allowed, "EC point that is not uncompressed");
    key.kind_ = KeyKind::ec;
    key.bits_ = curve->bits;
    made = ec_key(library, *curve, key_bits);
  } else {
    return no_key(Reason::key_not_allowed, "key of kind " + type.dotted());
  }
  if (!made) return no_key(Reason::key_not_allowed, "a key that OpenSSL refuses");
  key.key_ = std::move(made);
  return key;
}

bool PublicKey::verify(const SignatureAlgorithm& algorithm, Bytes message, Bytes signature) const {
  if (algorithm.kind != kind_) return false;
  const DigestContextPtr context(EVP_MD_CTX_new());
  const EVP_MD* digest = library_->handles().digest(algorithm.digest);
  EVP_PKEY_CTX* key_context = nullptr;  // belongs to `context`
  bool good = context && digest &&
              EVP_DigestVerifyInit_ex(context.get(), &key_context, EVP_MD_get0_name(digest),
                                      library_->get(), nullptr, key_.get(), nullptr) == 1;
  if (good && algorithm.padding == Padding::pss)
    good =
        EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, static_cast<int>(algorithm.salt_size)) == 1;
  good = good && EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                                  message.size()) == 1;
  clear_errors();
  return good;
}

Result<Buffer> PublicKey::encrypt(KeyTransport transport, const Secret& secret) const {
  const auto failure = [] {
    return fail(Errc::internal, Reason::internal_error, "key transport: " + drained_errors());
  };
  if (kind_ != KeyKind::rsa)
    return fail(Errc::internal, Reason::internal_error, "key transport to an EC key");
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(library_->get(), key_.get(), nullptr));
  const bool oaep = transport != KeyTransport::pkcs1;
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                   oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) != 1)
    return failure();
  if (oaep) {
    const EVP_MD* digest = library_->handles().digest(
        transport == KeyTransport::oaep_sha1 ? Digest::sha1 : Digest::sha256);
    if (EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) != 1)
      return failure();
  }
  Buffer encrypted((bits_ + 7) / 8);
  std::size_t size = encrypted.size();
  const Bytes plain = secret.reveal();
  if (EVP_PKEY_encrypt(context.get(), encrypted.data(), &size, plain.data(), plain.size()) != 1)
    return failure();
  encrypted.resize(size);
  return encrypted;
}

}  // namespace scep_ra::crypto
