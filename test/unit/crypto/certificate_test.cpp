#include "crypto/certificate.h"

#include "asn1/writer.h"
#include "base/base64.h"
#include "base/hex.h"
#include "catch.h"
#include "crypto/certificate_writer.h"
#include "crypto/make_library.h"
#include "make_certificate.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;
namespace oid = scep_ra::asn1::oid;
namespace tag = scep_ra::asn1::tag;

namespace {

Buffer certificate_der(CertificateWish wish) {
  if (!wish.key) wish.key = key_of("device");
  return der_of_certificate(make_certificate(wish).get());
}
Certificate certificate(const CertificateWish& wish) {
  return Certificate::decode(certificate_der(wish)).value();
}

// A certificate of raw parts: what OpenSSL would not write.
struct Parts {
  Buffer version = asn1::element(tag::context_constructed(0), asn1::integer(2U));
  Buffer serial = asn1::integer(1U);
  Buffer issuer = asn1::name_from_text("CN=issuer").value();
  Buffer subject = asn1::name_from_text("CN=subject").value();
  Buffer extensions = {};
};
Buffer raw_certificate(const Parts& parts) {
  const Buffer validity = asn1::sequence({asn1::time(Time()), asn1::time(Time(Seconds(1)))});
  const Buffer tbs = asn1::sequence(
      {parts.version, parts.serial, asn1::algorithm(oid::sha256_with_rsa), parts.issuer, validity,
       parts.subject, der_of(key_of("device"), i2d_PUBKEY), parts.extensions});
  return asn1::sequence({tbs, asn1::algorithm(oid::sha256_with_rsa), asn1::bits(Buffer(256))});
}
Buffer with_extensions(const std::vector<Buffer>& extensions) {
  return raw_certificate(
      {.extensions = asn1::element(tag::context_constructed(3), asn1::sequence_of(extensions))});
}
Buffer extension_number(unsigned number) {
  const std::string type = "1.2.3." + std::to_string(number);
  return other_extension(asn1::Oid::from_dotted(type).value(), false, asn1::null());
}
Buffer serial_of(Buffer content) {
  return raw_certificate({.serial = asn1::element(tag::integer, content)});
}

std::string refusal(Bytes der) {
  const auto read = Certificate::decode(der);
  if (read) return "";
  CHECK(read.error().code == Errc::bad_request);
  CHECK(read.error().reason == Reason::certificate_unreadable);
  return read.error().detail;
}

}  // namespace

TEST_CASE("a certificate is read as OpenSSL reads it", "[crypto]") {
  const CertificatePtr theirs =
      make_certificate({.key = key_of("device"),
                        .common_name = "r\xc3\xb6uter",
                        .serial = "1311768467463790320",
                        .extensions = {{"keyUsage", "critical,digitalSignature,keyEncipherment"},
                                       {"subjectKeyIdentifier", "hash"}}});
  const Buffer der = der_of_certificate(theirs.get());
  const Certificate ours = Certificate::decode(der).value();
  CHECK(equal(ours.der(), der));
  CHECK(ours.serial_text() == "123456789abcdef0");
  CHECK(equal(ours.issuer(), der_of(X509_get_issuer_name(theirs.get()), i2d_X509_NAME)));
  CHECK(equal(ours.subject(), der_of(X509_get_subject_name(theirs.get()), i2d_X509_NAME)));
  CHECK(ours.subject_text() == "CN=r\xc3\xb6uter");
  CHECK(equal(ours.public_key_info(), der_of(key_of("device"), i2d_PUBKEY)));
  CHECK(ours.is_self_issued());
  CHECK(ours.not_after() - ours.not_before() == Seconds(90000));
  CHECK(ours.key_usage() == (digital_signature | key_encipherment));
  const ASN1_OCTET_STRING* identifier = X509_get0_subject_key_id(theirs.get());
  REQUIRE(ours.subject_key_identifier());
  CHECK(equal(*ours.subject_key_identifier(),
              Bytes(identifier->data, static_cast<std::size_t>(identifier->length))));
  REQUIRE(ours.extension(oid::key_usage));
  CHECK(ours.extension(oid::key_usage)->critical);
  CHECK_FALSE(ours.extension(oid::subject_key_identifier)->critical);
  CHECK_FALSE(ours.extension(oid::basic_constraints));
}

TEST_CASE("copies and moves of a certificate keep its octets", "[crypto]") {
  std::optional<Certificate> first = certificate({.common_name = "first"});
  const Certificate copy = *first;
  const Certificate moved = std::move(*first);
  first.reset();
  CHECK(copy.subject_text() == "CN=first");
  CHECK(moved.subject_text() == "CN=first");
}

TEST_CASE("what devices put into self-signed certificates is read", "[crypto][req:M18]") {
  CHECK(certificate({.version = 0}).extensions().empty());
  CHECK(certificate({.version = 0}).key_usage() == std::nullopt);
  CHECK(certificate({.serial = "0"}).serial_text() == "00");
  CHECK(certificate({.serial = "-1"}).serial_text() == "ff");
  CHECK(certificate({.serial = "-129"}).serial_text() == "ff7f");
  CHECK(certificate({.common_name = ""}).subject_text().empty());
  CHECK(certificate({.extensions = {{"1.2.3.4", "critical,DER:0500"}}}).extensions().size() == 1);
  CHECK(certificate({.digest = "MD5"}).subject_text() == "CN=device");
  CHECK(certificate({.key = key_of("device", "ed25519"), .digest = nullptr}).subject_text() ==
        "CN=device");
  CHECK(certificate({.valid_from = -1000000000, .valid_until = -999999999}).not_after() <
        Time(Seconds(1200000000)));
  const Buffer unique_ids =
      raw_certificate({.extensions = asn1::element(tag::context(1), Buffer{0, 1})});
  CHECK(refusal(unique_ids).empty());
}

TEST_CASE("a certificate whose name is no text is still a certificate", "[crypto][req:M18]") {
  const Buffer odd_name = asn1::sequence({asn1::set_of(
      {asn1::sequence({asn1::oid_element(oid::common_name), asn1::octets(Buffer{1})})})});
  const auto read = Certificate::decode(raw_certificate({.subject = odd_name}));
  REQUIRE(read);
  CHECK(read->subject_text() == "(unreadable)");
}

TEST_CASE("a serial number has 1 to 33 octets, as certmonger's have",
          "[crypto][case:P8][req:M18]") {
  CHECK(refusal(serial_of(Buffer(33, 0x11))).empty());
  CHECK(refusal(serial_of(Buffer(34, 0x11)))
            .ends_with("a serial number of another length than 1 to 33 octets"));
  CHECK(refusal(serial_of(Buffer(64, 0x11)))
            .ends_with("a serial number of another length than 1 to 33 octets"));
  CHECK(refusal(serial_of({})).ends_with("a serial number of another length than 1 to 33 octets"));
  CHECK(refusal(serial_of({0, 0, 1})).empty());
}

TEST_CASE("versions above 3 are refused", "[crypto][case:P8]") {
  const auto version = [](const Buffer& number) {
    return raw_certificate({.version = asn1::element(tag::context_constructed(0), number)});
  };
  CHECK(refusal(version(asn1::integer(0U))).empty());
  CHECK(refusal(version(asn1::integer(2U))).empty());
  CHECK(refusal(version(asn1::integer(3U))).ends_with("a version above 3"));
  CHECK(refusal(version(asn1::integer(0x80000000U))).ends_with("a version above 3"));
  CHECK_FALSE(refusal(version(asn1::element(tag::integer, Buffer{0xff}))).empty());
  CHECK_FALSE(refusal(version({})).empty());
}

TEST_CASE("exactly one certificate and nothing behind it", "[crypto]") {
  Buffer der = certificate_der({});
  for (std::size_t size = 0; size < der.size(); ++size)
    CHECK_FALSE(refusal(Bytes(der).first(size)).empty());
  CHECK(refusal(der).empty());
  der.push_back(0);
  CHECK_FALSE(refusal(der).empty());
}

TEST_CASE("extensions end at 32 and none comes twice", "[crypto][case:P4]") {
  std::vector<Buffer> extensions;
  for (unsigned number = 0; number < 32; ++number) extensions.push_back(extension_number(number));
  CHECK(refusal(with_extensions(extensions)).empty());
  extensions.push_back(extension_number(32));
  CHECK(refusal(with_extensions(extensions)).ends_with("too many extensions"));
  CHECK(refusal(with_extensions({extension_number(1), extension_number(1)}))
            .ends_with("an extension twice"));
  CHECK_FALSE(
      refusal(with_extensions({asn1::sequence({asn1::oid_element(oid::key_usage)})})).empty());
  const Buffer explicit_false =
      asn1::sequence({asn1::oid_element(oid::key_usage), Buffer{tag::boolean, 1, 0},
                      asn1::octets(asn1::bits(Buffer{0x80}, 7))});
  CHECK(Certificate::decode(with_extensions({explicit_false}))->key_usage() == digital_signature);
}

TEST_CASE("key usage bits are read by their places", "[crypto]") {
  const auto bits = [](std::string_view hex) { return read_key_usage(hex_decode(hex).value()); };
  CHECK(bits("03020780") == digital_signature);
  CHECK(bits("030205a0") == (digital_signature | key_encipherment));
  CHECK(bits("03020106") == (key_cert_sign | crl_sign));
  CHECK(bits("0303070080") == 1U << 8);
  CHECK(bits("030100") == 0);
  CHECK_FALSE(bits("030101"));
  CHECK_FALSE(bits("030207ff"));
  CHECK_FALSE(bits("03020880"));
  CHECK_FALSE(bits("0300"));
  CHECK_FALSE(bits("040180"));
  CHECK_FALSE(bits("0302078000"));
  CHECK_FALSE(bits(""));
}

TEST_CASE("extended key usages are read in order", "[crypto]") {
  const Buffer two =
      asn1::sequence({asn1::oid_element(oid::client_auth), asn1::oid_element(oid::server_auth)});
  CHECK(read_extended_key_usage(two) == std::vector<asn1::Oid>{oid::client_auth, oid::server_auth});
  CHECK_FALSE(read_extended_key_usage(asn1::sequence({})));
  CHECK_FALSE(read_extended_key_usage(asn1::sequence({asn1::null()})));
  CHECK_FALSE(read_extended_key_usage(asn1::oid_element(oid::client_auth)));
  CHECK_FALSE(read_extended_key_usage(
      asn1::sequence_of(std::vector<Buffer>(65, asn1::oid_element(oid::client_auth)))));
}

TEST_CASE("issuer and serial name a certificate by names, not by octets", "[crypto][req:E8]") {
  const auto name = [](const Buffer& value) {
    return asn1::sequence(
        {asn1::set_of({asn1::sequence({asn1::oid_element(oid::common_name), value})})});
  };
  const Certificate ours = Certificate::decode(raw_certificate({.serial = asn1::integer(5U),
                                                                .issuer = name(asn1::utf8("CA"))}))
                               .value();
  const auto names_ours = [&](const Buffer& issuer, const Buffer& serial) {
    asn1::Fault fault;
    Buffer content = issuer;
    append(content, asn1::element(asn1::tag::integer, serial));
    asn1::Reader fields(content, fault);
    return crypto::IssuerAndSerial::read(fields).names(ours) && !fault;
  };
  CHECK(names_ours(name(asn1::utf8("CA")), {5}));
  CHECK(names_ours(name(asn1::printable("CA")), {5}));
  CHECK_FALSE(names_ours(name(asn1::utf8("ca")), {5}));
  CHECK_FALSE(names_ours(name(asn1::utf8("CA")), {6}));
  CHECK_FALSE(names_ours(name(asn1::utf8("CA")), {0, 5}));
  CHECK_FALSE(names_ours(name(asn1::octets(Buffer{'C', 'A'})), {5}));
  CHECK_FALSE(names_ours({}, {5}));
  CHECK_FALSE(names_ours(asn1::sequence({}), {5}));
}

TEST_CASE("certificates are read from PEM, all or none", "[crypto]") {
  const std::string first = pem_encode("CERTIFICATE", certificate_der({.common_name = "first"}));
  const std::string second = pem_encode("CERTIFICATE", certificate_der({.common_name = "second"}));
  const auto both = decode_pem_certificates(first + second);
  REQUIRE(both);
  REQUIRE(both->size() == 2);
  CHECK(both->at(1).subject_text() == "CN=second");
  for (const std::string& pem : {std::string(), pem_encode("CERTIFICATE", Buffer{0x30, 0}),
                                 first + pem_encode("CERTIFICATE", Buffer{0x30, 0})}) {
    const auto none = decode_pem_certificates(pem);
    REQUIRE_FALSE(none);
    CHECK(none.error().code == Errc::config);
  }
}
