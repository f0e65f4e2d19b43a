#include "crypto/crl.h"

#include "asn1/name.h"
#include "catch.h"
#include "crypto/certificate_writer.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;

namespace {

using CrlPtr = std::unique_ptr<X509_CRL, Release<X509_CRL_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Release<ASN1_INTEGER_free>>;

PrivateKey crl_key(const std::string& type) {
  return PrivateKey::decode_pem(library(), pem_of_key(key_of("crl", type))).value();
}

CrlContent plain_content(const PrivateKey& key) {
  const Time now = SystemClock().seconds();
  return {.issuer = asn1::name_from_text("O=Ex, CN=Issuing").value(),
          .number = 7,
          .this_update = now,
          .next_update = now + Seconds(86400),
          .authority_key_identifier = key_identifier(library(), key.public_key().info()),
          .revoked = {{{0x80, 0x01}, now - Seconds(60), CrlReason::key_compromise},
                      {{0x05}, now - Seconds(30), CrlReason::unspecified}}};
}

CrlPtr openssl_crl(Bytes der) {
  return CrlPtr(object_of<X509_CRL>(der, d2i_X509_CRL, X509_CRL_free));
}

IntegerPtr integer_of(const char* hexadecimal) {
  BIGNUM* raw = nullptr;
  done(BN_hex2bn(&raw, hexadecimal));
  const std::unique_ptr<BIGNUM, Release<BN_free>> number(raw);
  return IntegerPtr(made(BN_to_ASN1_INTEGER(number.get(), nullptr)));
}

// OpenSSL's entry for that serial number; null: it is not revoked.
X509_REVOKED* entry_of(const CrlPtr& crl, const char* serial) {
  X509_REVOKED* found = nullptr;
  const IntegerPtr number = integer_of(serial);
  return X509_CRL_get0_by_serial(crl.get(), &found, number.get()) == 1 ? found : nullptr;
}

// The CRLReason that OpenSSL reads; -1: none.
long reason_of(X509_REVOKED* entry) {
  using EnumeratedPtr = std::unique_ptr<ASN1_ENUMERATED, Release<ASN1_ENUMERATED_free>>;
  const EnumeratedPtr reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  return reason ? ASN1_ENUMERATED_get(reason.get()) : -1;
}

long number_of(const CrlPtr& crl) {
  const IntegerPtr number(static_cast<ASN1_INTEGER*>(
      X509_CRL_get_ext_d2i(crl.get(), NID_crl_number, nullptr, nullptr)));
  return number ? ASN1_INTEGER_get(number.get()) : -1;
}

bool same_time(const ASN1_TIME* read, Time expected) {
  return ASN1_TIME_cmp_time_t(read, expected.time_since_epoch().count()) == 0;
}

}  // namespace

TEST_CASE("a CRL that we write is one for OpenSSL, whatever key signs it", "[crypto]") {
  const auto type = GENERATE(as<std::string>{}, "rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521");
  const PrivateKey key = crl_key(type);
  const CrlPtr crl = openssl_crl(write_crl(plain_content(key), key).value());
  REQUIRE(crl);
  CHECK(X509_CRL_verify(crl.get(), key_of("crl", type)) == 1);
  CHECK(X509_CRL_verify(crl.get(), key_of("another", type)) != 1);
  CHECK(X509_CRL_get_version(crl.get()) == X509_CRL_VERSION_2);
}

TEST_CASE("OpenSSL reads numbers, dates and reasons of a CRL as they were given", "[crypto]") {
  const PrivateKey key = crl_key("ec:P-256");
  const CrlContent content = plain_content(key);
  const CrlPtr crl = openssl_crl(write_crl(content, key).value());
  REQUIRE(crl);
  CHECK(number_of(crl) == 7);
  CHECK(same_time(X509_CRL_get0_lastUpdate(crl.get()), content.this_update));
  CHECK(same_time(X509_CRL_get0_nextUpdate(crl.get()), content.next_update));
  CHECK(X509_CRL_get_ext_by_NID(crl.get(), NID_authority_key_identifier, -1) >= 0);
  X509_REVOKED* compromised = entry_of(crl, "8001");
  REQUIRE(compromised);
  CHECK(reason_of(compromised) == CRL_REASON_KEY_COMPROMISE);
  CHECK(same_time(X509_REVOKED_get0_revocationDate(compromised), content.revoked[0].at));
  X509_REVOKED* unspecified = entry_of(crl, "05");
  REQUIRE(unspecified);
  CHECK(reason_of(unspecified) == -1);
  CHECK(X509_REVOKED_get_ext_count(unspecified) == 0);
  CHECK(entry_of(crl, "06") == nullptr);
}

TEST_CASE("times from 2050 on stand in a CRL as GeneralizedTime", "[crypto][case:F6]") {
  const PrivateKey key = crl_key("ec:P-256");
  CrlContent content = plain_content(key);
  content.next_update = std::chrono::sys_days{std::chrono::year{2050} / 1 / 1};
  content.this_update = content.next_update - Seconds(1);
  const CrlPtr crl = openssl_crl(write_crl(content, key).value());
  REQUIRE(crl);
  CHECK(ASN1_STRING_type(X509_CRL_get0_lastUpdate(crl.get())) == V_ASN1_UTCTIME);
  CHECK(ASN1_STRING_type(X509_CRL_get0_nextUpdate(crl.get())) == V_ASN1_GENERALIZEDTIME);
  CHECK(same_time(X509_CRL_get0_nextUpdate(crl.get()), content.next_update));
}

TEST_CASE("a CRL without entries has no list, and is read back", "[crypto]") {
  const PrivateKey key = crl_key("ec:P-256");
  CrlContent content = plain_content(key);
  content.revoked.clear();
  content.number = 0x8000'0000'0000'0080;
  const Buffer der = write_crl(content, key).value();
  const CrlPtr crl = openssl_crl(der);
  REQUIRE(crl);
  CHECK(X509_CRL_get_REVOKED(crl.get()) == nullptr);
  const auto read = Crl::decode(der);
  REQUIRE(read);
  CHECK(read->revoked().empty());
  CHECK(read->number() == content.number);
}

TEST_CASE("what we write into a CRL is what we read", "[crypto]") {
  const PrivateKey key = crl_key("rsa:2048");
  const CrlContent content = plain_content(key);
  const auto read = Crl::decode(write_crl(content, key).value());
  REQUIRE(read);
  CHECK(equal(read->issuer(), content.issuer));
  CHECK(read->this_update() == content.this_update);
  CHECK(read->next_update() == content.next_update);
  REQUIRE(read->revoked().size() == 2);
  CHECK(read->revoked()[0].serial == content.revoked[0].serial);
  CHECK(read->revoked()[0].at == content.revoked[0].at);
  CHECK(read->revoked()[0].reason == CrlReason::key_compromise);
  CHECK(read->revoked()[1].serial == content.revoked[1].serial);
  CHECK(read->revoked()[1].reason == CrlReason::unspecified);
}

TEST_CASE("what is no CRL is not read as one", "[crypto]") {
  const PrivateKey key = crl_key("ec:P-256");
  Buffer der = write_crl(plain_content(key), key).value();
  REQUIRE(Crl::decode(der));
  for (std::size_t size = 0; size < der.size(); ++size)
    CHECK_FALSE(Crl::decode(Bytes(der).first(size)));
  der.push_back(0);
  CHECK_FALSE(Crl::decode(der));
}

TEST_CASE("the words of CRLReason are those of RFC 5280", "[crypto]") {
  CHECK(word(CrlReason::key_compromise) == "keyCompromise");
  CHECK(crl_reason_named("CACompromise") == CrlReason::ca_compromise);
  CHECK(crl_reason_named("removefromcrl") == CrlReason::remove_from_crl);
  CHECK_FALSE(crl_reason_named("stolen"));
  CHECK(crl_reason_of(6) == CrlReason::certificate_hold);
  CHECK_FALSE(crl_reason_of(7));
}

TEST_CASE("OpenSSL finds the place of the CRL in the extension that we write", "[crypto]") {
  const PrivateKey key = crl_key("ec:P-256");
  const Time now = SystemClock().seconds();
  const Buffer name = asn1::name_from_text("CN=device").value();
  const CertificatePtr certificate = openssl_certificate(
      write_certificate(
          {.serial = {1},
           .issuer = name,
           .subject = name,
           .public_key_info = to_buffer(key.public_key().info()),
           .not_before = now,
           .not_after = now + Seconds(60),
           .extensions = {crl_distribution_point_extension("http://pki.example.test/ca.crl")}},
          key)
          .value());
  REQUIRE(certificate);
  using PointsPtr = std::unique_ptr<CRL_DIST_POINTS, Release<CRL_DIST_POINTS_free>>;
  const PointsPtr points(static_cast<CRL_DIST_POINTS*>(
      X509_get_ext_d2i(certificate.get(), NID_crl_distribution_points, nullptr, nullptr)));
  REQUIRE(points);
  REQUIRE(sk_DIST_POINT_num(points.get()) == 1);
  const DIST_POINT* point = sk_DIST_POINT_value(points.get(), 0);
  CHECK(point->reasons == nullptr);
  REQUIRE(point->distpoint);
  REQUIRE(point->distpoint->type == 0);
  const GENERAL_NAME* place = sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0);
  REQUIRE(place->type == GEN_URI);
  CHECK(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(
            place->d.uniformResourceIdentifier))) == "http://pki.example.test/ca.crl");
}
