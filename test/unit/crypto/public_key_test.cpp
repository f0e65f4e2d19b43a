#include <openssl/core_names.h>

#include "asn1/writer.h"
#include "catch.h"
#include "crypto/key.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;
namespace oid = scep_ra::asn1::oid;

namespace {

// A number of that many bits without structure: highest and lowest bit set.
Buffer odd_number(unsigned bits) {
  Buffer octets((bits + 7) / 8, 0xa7);
  const unsigned top = (bits - 1) % 8;
  octets.front() = static_cast<std::uint8_t>((0xa7U & ((1U << top) - 1)) | 1U << top);
  octets.back() |= 1;
  return octets;
}

Buffer rsa_info_of(const Buffer& numbers,
                   const Buffer& algorithm = asn1::algorithm(oid::rsa_encryption)) {
  return asn1::sequence({algorithm, asn1::bits(numbers)});
}
Buffer rsa_info(const Buffer& modulus, const Buffer& exponent = {1, 0, 1}) {
  return rsa_info_of(
      asn1::sequence({asn1::integer(Bytes(modulus)), asn1::integer(Bytes(exponent))}));
}
Buffer raw_integer(Buffer content) {
  return asn1::element(asn1::tag::integer, content);
}
Buffer info_of(EVP_PKEY* key) {
  return der_of(key, i2d_PUBKEY);
}

std::string verdict(Bytes info) {
  const auto key = PublicKey::decode(library(), info);
  if (!key)
    return (key.error().code == Errc::bad_alg ? "" : "another code: ") +
           std::string(word(key.error().reason));
  return (key->kind() == KeyKind::rsa ? "rsa " : "ec ") + std::to_string(key->bits());
}

Buffer ec_info(const asn1::Oid& curve, Bytes point) {
  return asn1::sequence(
      {asn1::sequence({asn1::oid_element(oid::ec_public_key), asn1::oid_element(curve)}),
       asn1::bits(point)});
}
Buffer point_of(EVP_PKEY* key) {
  Buffer point(200);
  std::size_t size = 0;
  done(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                       &size));
  point.resize(size);
  return point;
}

}  // namespace

TEST_CASE("RSA keys of 512 to 4096 bits are read, no others",
          "[crypto][req:E16][case:C5][case:P5]") {
  CHECK(verdict(rsa_info(odd_number(8))) == "key-too-short");
  CHECK(verdict(rsa_info(odd_number(511))) == "key-too-short");
  CHECK(verdict(rsa_info(odd_number(512))) == "rsa 512");
  CHECK(verdict(rsa_info(odd_number(1023))) == "rsa 1023");
  CHECK(verdict(rsa_info(odd_number(1024))) == "rsa 1024");
  CHECK(verdict(rsa_info(odd_number(2048))) == "rsa 2048");
  CHECK(verdict(rsa_info(odd_number(3072))) == "rsa 3072");
  CHECK(verdict(rsa_info(odd_number(4095))) == "rsa 4095");
  CHECK(verdict(rsa_info(odd_number(4096))) == "rsa 4096");
  CHECK(verdict(rsa_info(odd_number(4097))) == "key-not-allowed");
  CHECK(verdict(rsa_info(odd_number(8192))) == "key-not-allowed");
  CHECK(verdict(rsa_info(odd_number(16384))) == "key-not-allowed");
  CHECK(verdict(info_of(key_of("device"))) == "rsa 2048");
}

TEST_CASE("an RSA exponent is odd, from 3 to 2^32-1", "[crypto][case:C5][case:P5]") {
  const Buffer modulus = odd_number(2048);
  CHECK(verdict(rsa_info(modulus, {3})) == "rsa 2048");
  CHECK(verdict(rsa_info(modulus, {17})) == "rsa 2048");
  CHECK(verdict(rsa_info(modulus, {1, 0, 1})) == "rsa 2048");
  CHECK(verdict(rsa_info(modulus, {0xff, 0xff, 0xff, 0xff})) == "rsa 2048");
  CHECK(verdict(rsa_info(modulus, {})) == "key-not-allowed");
  CHECK(verdict(rsa_info(modulus, {1})) == "key-not-allowed");
  CHECK(verdict(rsa_info(modulus, {2})) == "key-not-allowed");
  CHECK(verdict(rsa_info(modulus, {1, 0, 0})) == "key-not-allowed");
  CHECK(verdict(rsa_info(modulus, {1, 0, 0, 0, 1})) == "key-not-allowed");
  CHECK(verdict(rsa_info(odd_number(3072), odd_number(3071))) == "key-not-allowed");
}

TEST_CASE("RSA numbers that no key can have are refused", "[crypto][case:C5]") {
  Buffer even = odd_number(2048);
  even.back() &= 0xfe;
  CHECK(verdict(rsa_info(even)) == "key-not-allowed");
  CHECK(verdict(rsa_info({})) == "key-too-short");
  const Buffer negative = odd_number(2048);
  const Buffer exponent = asn1::integer(65537U);
  CHECK(verdict(rsa_info_of(asn1::sequence({raw_integer(negative), exponent}))) ==
        "key-not-allowed");
  const Buffer modulus = asn1::integer(Bytes(negative));
  CHECK(verdict(rsa_info_of(asn1::sequence({modulus, raw_integer({0x83})}))) == "key-not-allowed");
  CHECK(verdict(rsa_info_of(asn1::sequence({modulus, raw_integer({0, 3})}))) == "key-not-allowed");
  CHECK(verdict(rsa_info_of(asn1::sequence({modulus, exponent, exponent}))) == "key-not-allowed");
  CHECK(verdict(rsa_info_of(asn1::sequence({modulus}))) == "key-not-allowed");
  CHECK(verdict(rsa_info_of({})) == "key-not-allowed");
  CHECK(verdict(rsa_info_of(asn1::sequence({modulus, exponent}))) == "rsa 2048");
}

TEST_CASE("RSA parameters are absent or NULL", "[crypto][req:M19]") {
  const Buffer modulus = asn1::integer(Bytes(odd_number(2048)));
  const Buffer numbers = asn1::sequence({modulus, asn1::integer(65537U)});
  const Buffer type = asn1::oid_element(oid::rsa_encryption);
  CHECK(verdict(rsa_info_of(numbers, asn1::sequence({type}))) == "rsa 2048");
  CHECK(verdict(rsa_info_of(numbers, asn1::sequence({type, asn1::null(), asn1::null()}))) ==
        "key-not-allowed");
  CHECK(verdict(rsa_info_of(numbers, asn1::sequence({type, asn1::oid_element(oid::p256)}))) ==
        "key-not-allowed");
  CHECK(verdict(rsa_info_of(numbers, asn1::sequence({type, asn1::sequence({})}))) ==
        "key-not-allowed");
  const Buffer filled_null{asn1::tag::null, 1, 0};
  CHECK(verdict(rsa_info_of(numbers, asn1::sequence({type, filled_null}))) == "key-not-allowed");
}

TEST_CASE("EC keys on the three named curves are read", "[crypto][case:C5]") {
  CHECK(verdict(info_of(key_of("device", "ec:P-256"))) == "ec 256");
  CHECK(verdict(info_of(key_of("device", "ec:P-384"))) == "ec 384");
  CHECK(verdict(info_of(key_of("device", "ec:P-521"))) == "ec 521");
  const Buffer point = point_of(key_of("device", "ec:P-256"));
  CHECK(verdict(ec_info(oid::p256, point)) == "ec 256");
  CHECK(verdict(ec_info(oid::p384, point)) == "key-not-allowed");
}

TEST_CASE("other curves, and curves by their numbers, are refused", "[crypto][case:C5]") {
  CHECK(verdict(info_of(key_of("device", "ec:P-224"))) == "key-not-allowed");
  CHECK(verdict(info_of(key_of("device", "ec:secp256k1"))) == "key-not-allowed");
  CHECK(verdict(info_of(key_of("device", "ec:brainpoolP256r1"))) == "key-not-allowed");
  EVP_PKEY* explicit_curve = key_of("explicit", "ec:P-256");
  done(EVP_PKEY_set_utf8_string_param(explicit_curve, OSSL_PKEY_PARAM_EC_ENCODING,
                                      OSSL_PKEY_EC_ENCODING_EXPLICIT));
  REQUIRE(info_of(explicit_curve).size() > 200);
  CHECK(verdict(info_of(explicit_curve)) == "key-not-allowed");
  const Buffer point = point_of(key_of("device", "ec:P-256"));
  const Buffer no_curve =
      asn1::sequence({asn1::sequence({asn1::oid_element(oid::ec_public_key)}), asn1::bits(point)});
  CHECK(verdict(no_curve) == "key-not-allowed");
  const Buffer implicit = asn1::sequence({asn1::algorithm(oid::ec_public_key), asn1::bits(point)});
  CHECK(verdict(implicit) == "key-not-allowed");
}

TEST_CASE("a point is uncompressed and on its curve", "[crypto][case:C5]") {
  const Buffer point = point_of(key_of("device", "ec:P-256"));
  Buffer compressed(point.begin(), point.begin() + 33);
  compressed[0] = static_cast<std::uint8_t>(2 | (point.back() & 1));
  CHECK(verdict(ec_info(oid::p256, compressed)) == "key-not-allowed");
  Buffer hybrid = point;
  hybrid[0] = static_cast<std::uint8_t>(6 | (point.back() & 1));
  CHECK(verdict(ec_info(oid::p256, hybrid)) == "key-not-allowed");
  Buffer off_curve = point;
  off_curve.back() ^= 1;
  CHECK(verdict(ec_info(oid::p256, off_curve)) == "key-not-allowed");
  CHECK(verdict(ec_info(oid::p256, Buffer{0})) == "key-not-allowed");
  CHECK(verdict(ec_info(oid::p256, {})) == "key-not-allowed");
  Buffer zeros(65);
  zeros[0] = 4;
  CHECK(verdict(ec_info(oid::p256, zeros)) == "key-not-allowed");
  Buffer beyond_the_field(65, 0xff);
  beyond_the_field[0] = 4;
  CHECK(verdict(ec_info(oid::p256, beyond_the_field)) == "key-not-allowed");
}

TEST_CASE("keys of other kinds are refused", "[crypto][case:C5]") {
  CHECK(verdict(info_of(key_of("device", "ed25519"))) == "key-not-allowed");
  CHECK(verdict(info_of(key_of("device", "dsa"))) == "key-not-allowed");
  const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr)));
  done(EVP_PKEY_keygen_init(context.get()));
  EVP_PKEY* key = nullptr;
  done(EVP_PKEY_generate(context.get(), &key));
  const KeyPtr pss(key);
  CHECK(verdict(info_of(pss.get())) == "key-not-allowed");
}

TEST_CASE("a public key is one whole structure", "[crypto][case:C5]") {
  Buffer info = info_of(key_of("device"));
  for (std::size_t size = 0; size < info.size(); ++size)
    CHECK(verdict(Bytes(info).first(size)) == "key-not-allowed");
  info.push_back(0);
  CHECK(verdict(info) == "key-not-allowed");
  CHECK(verdict(asn1::sequence({})) == "key-not-allowed");
}

TEST_CASE("a public key keeps the octets it came from", "[crypto]") {
  const Buffer info = info_of(key_of("device"));
  CHECK(equal(PublicKey::decode(library(), info)->info(), info));
}
