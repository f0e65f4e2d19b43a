#include <openssl/rsa.h>

#include "asn1/writer.h"
#include "catch.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;
namespace oid = scep_ra::asn1::oid;
namespace tag = scep_ra::asn1::tag;

namespace {

// A request signed by OpenSSL, which writes the AlgorithmIdentifier too.
Csr signed_by_openssl(EVP_PKEY* key, const char* digest, std::optional<int> pss_salt = {}) {
  const RequestPtr request(made(X509_REQ_new()));
  done(X509_REQ_set_pubkey(request.get(), key));
  const DigestContextPtr context(made(EVP_MD_CTX_new()));
  EVP_PKEY_CTX* key_context = nullptr;
  done(EVP_DigestSignInit_ex(context.get(), &key_context, digest, nullptr, nullptr, key, nullptr));
  if (pss_salt) {
    done(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING));
    done(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, *pss_salt));
  }
  done(X509_REQ_sign_ctx(request.get(), context.get()));
  return Csr::decode(der_of(request.get(), i2d_X509_REQ)).value();
}

bool good(const Csr& csr, SignatureAlgorithm algorithm) {
  const auto key = PublicKey::decode(library(), csr.public_key_info()).value();
  return key.verify(algorithm, csr.info(), csr.signature());
}

// OpenSSL's signature holds for what it says and for nothing else.
void check_signature(const Csr& csr, const SignatureAlgorithm& expected) {
  REQUIRE(csr.signature_algorithm());
  const SignatureAlgorithm algorithm = *csr.signature_algorithm();
  CHECK(algorithm.kind == expected.kind);
  CHECK(algorithm.digest == expected.digest);
  CHECK(algorithm.padding == expected.padding);
  CHECK(good(csr, algorithm));

  const auto key = PublicKey::decode(library(), csr.public_key_info()).value();
  Buffer message = to_buffer(csr.info());
  message.back() ^= 1;
  CHECK_FALSE(key.verify(algorithm, message, csr.signature()));
  Buffer signature = to_buffer(csr.signature());
  signature[signature.size() / 2] ^= 1;
  CHECK_FALSE(key.verify(algorithm, csr.info(), signature));
  CHECK_FALSE(key.verify(algorithm, csr.info(), csr.signature().first(csr.signature().size() - 1)));
  CHECK_FALSE(key.verify(algorithm, csr.info(), {}));
  SignatureAlgorithm other = algorithm;
  other.digest = algorithm.digest == Digest::sha256 ? Digest::sha384 : Digest::sha256;
  CHECK_FALSE(good(csr, other));
  other = algorithm;
  other.kind = algorithm.kind == KeyKind::rsa ? KeyKind::ec : KeyKind::rsa;
  CHECK_FALSE(good(csr, other));
}

std::optional<SignatureAlgorithm> read(const Buffer& element, std::optional<Digest> digest = {}) {
  asn1::Fault fault;
  asn1::Reader reader(element, fault);
  const auto algorithm = read_signature_algorithm(reader, digest);
  reader.end();
  CHECK_FALSE(fault);
  return algorithm;
}

struct PssParts {
  Buffer hash = asn1::algorithm(oid::sha256);
  Buffer mask = asn1::sequence({asn1::oid_element(oid::mgf1), asn1::algorithm(oid::sha256)});
  Buffer salt = asn1::integer(32U);
  Buffer trailer = asn1::integer(1U);
};
Buffer pss(const PssParts& parts) {
  const Buffer parameters =
      asn1::sequence({asn1::element(tag::context_constructed(0), parts.hash),
                      asn1::element(tag::context_constructed(1), parts.mask),
                      asn1::element(tag::context_constructed(2), parts.salt),
                      asn1::element(tag::context_constructed(3), parts.trailer)});
  return asn1::sequence({asn1::oid_element(oid::rsassa_pss), parameters});
}

const std::pair<const char*, Digest> digests[] = {{"MD5", Digest::md5},
                                                  {"SHA1", Digest::sha1},
                                                  {"SHA256", Digest::sha256},
                                                  {"SHA384", Digest::sha384},
                                                  {"SHA512", Digest::sha512}};

}  // namespace

TEST_CASE("RSA signatures that OpenSSL made verify with each digest",
          "[crypto][req:M19][case:C1]") {
  for (const auto& [name, digest] : digests)
    check_signature(signed_by_openssl(key_of("device"), name),
                    {KeyKind::rsa, digest, Padding::pkcs1});
}

TEST_CASE("RSASSA-PSS signatures that OpenSSL made verify, whatever their salt",
          "[crypto][req:M19][case:C1]") {
  for (const auto& [name, digest] : std::span(digests).subspan(1))
    check_signature(signed_by_openssl(key_of("device"), name, RSA_PSS_SALTLEN_DIGEST),
                    {KeyKind::rsa, digest, Padding::pss});
  for (const int salt : {0, 20, 64})
    check_signature(signed_by_openssl(key_of("device"), "SHA256", salt),
                    {KeyKind::rsa, Digest::sha256, Padding::pss});
}

TEST_CASE("ECDSA signatures that OpenSSL made verify on each curve", "[crypto][req:M19][case:C1]") {
  for (const char* curve : {"ec:P-256", "ec:P-384", "ec:P-521"})
    for (const char* name : {"SHA1", "SHA256", "SHA384", "SHA512"})
      check_signature(
          signed_by_openssl(key_of("device", curve), name),
          {KeyKind::ec,
           std::ranges::find(digests, std::string_view(name),
                             [](const auto& row) { return std::string_view(row.first); })
               ->second,
           Padding::pkcs1});
}

TEST_CASE("padding of one kind is not padding of the other", "[crypto][case:C1]") {
  const Csr plain = signed_by_openssl(key_of("device"), "SHA256");
  CHECK_FALSE(good(plain, {KeyKind::rsa, Digest::sha256, Padding::pss}));
  const Csr with_pss = signed_by_openssl(key_of("device"), "SHA256", 32);
  CHECK_FALSE(good(with_pss, {KeyKind::rsa, Digest::sha256, Padding::pkcs1}));
}

TEST_CASE("parameters are absent or NULL alike", "[crypto][req:M19]") {
  const auto& absent = asn1::algorithm_without_parameters;
  CHECK(read(absent(oid::sha256_with_rsa)));
  CHECK(read(asn1::algorithm(oid::sha256_with_rsa)));
  CHECK(read(absent(oid::ecdsa_with_sha256)));
  CHECK(read(asn1::algorithm(oid::ecdsa_with_sha256)));
  CHECK_FALSE(read(asn1::sequence({asn1::oid_element(oid::sha256_with_rsa), asn1::integer(0U)})));
  CHECK_FALSE(
      read(asn1::sequence({asn1::oid_element(oid::sha256_with_rsa), asn1::null(), asn1::null()})));
}

TEST_CASE("a key's own algorithm takes the digest of the SignerInfo", "[crypto][req:M19]") {
  const auto rsa = read(asn1::algorithm(oid::rsa_encryption), Digest::sha512);
  REQUIRE(rsa);
  CHECK(rsa->kind == KeyKind::rsa);
  CHECK(rsa->digest == Digest::sha512);
  const auto ec = read(asn1::algorithm_without_parameters(oid::ec_public_key), Digest::sha1);
  REQUIRE(ec);
  CHECK(ec->kind == KeyKind::ec);
  CHECK_FALSE(read(asn1::algorithm(oid::rsa_encryption)));
}

TEST_CASE("an unknown signature algorithm is no fault of the structure",
          "[crypto][req:M19][case:C5]") {
  CHECK_FALSE(read(asn1::algorithm(oid::sha256)));
  CHECK_FALSE(
      read(asn1::algorithm_without_parameters(asn1::oid::fixed("1.3.101.112"))));  // Ed25519
  CHECK_FALSE(read(asn1::algorithm(asn1::oid::fixed("1.2.840.113549.1.1.2"))));    // MD2
  CHECK_FALSE(
      read(asn1::algorithm_without_parameters(asn1::oid::fixed("2.16.840.1.101.3.4.3.2"))));  // DSA
  CHECK_FALSE(read(asn1::sequence({})));
  CHECK_FALSE(read(asn1::sequence({asn1::octets(Buffer{1})})));
}

TEST_CASE("odd PSS parameters are refused as an algorithm, not as a structure",
          "[crypto][case:C5]") {
  CHECK(read(pss({})));
  CHECK_FALSE(read(asn1::algorithm_without_parameters(oid::rsassa_pss)));
  CHECK_FALSE(read(asn1::algorithm(oid::rsassa_pss)));
  CHECK_FALSE(read(pss({.hash = asn1::algorithm(oid::sha1)})));
  CHECK_FALSE(read(pss({.hash = asn1::algorithm(oid::des_cbc)})));
  CHECK_FALSE(
      read(pss({.hash = asn1::sequence({asn1::oid_element(oid::sha256), asn1::integer(1U)})})));
  CHECK_FALSE(read(pss({.hash = asn1::octets({})})));
  Buffer two_hashes = asn1::algorithm(oid::sha256);
  append(two_hashes, asn1::algorithm(oid::sha256));
  CHECK_FALSE(read(pss({.hash = two_hashes})));
  CHECK_FALSE(read(
      pss({.mask = asn1::sequence({asn1::oid_element(oid::mgf1), asn1::algorithm(oid::sha1)})})));
  CHECK_FALSE(read(pss(
      {.mask = asn1::sequence({asn1::oid_element(oid::sha256), asn1::algorithm(oid::sha256)})})));
  CHECK_FALSE(read(pss({.mask = asn1::sequence({asn1::oid_element(oid::mgf1)})})));
  CHECK_FALSE(read(pss({.salt = asn1::integer(129U)})));
  CHECK_FALSE(read(pss({.salt = asn1::element(tag::integer, Buffer{0xff})})));
  CHECK(read(pss({.salt = asn1::integer(128U)})));
  CHECK_FALSE(read(pss({.trailer = asn1::integer(2U)})));
}

TEST_CASE("PSS parameters that say nothing mean SHA-1", "[crypto][req:M19]") {
  const auto algorithm =
      read(asn1::sequence({asn1::oid_element(oid::rsassa_pss), asn1::sequence({})}));
  REQUIRE(algorithm);
  CHECK(algorithm->digest == Digest::sha1);
  CHECK(algorithm->padding == Padding::pss);
}
