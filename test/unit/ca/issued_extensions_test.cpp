#include <set>

#include "ca/local_ca.h"
#include "catch.h"
#include "make_authority.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

// What the embedded CA issues for it.
CertificatePtr certificate_for(const DeviceCsrWish& wish,
                               const policy::Template& by = plain_template()) {
  static const Authority authority("ec:P-256");
  static const auto ca = authority.open();
  return issued_by(*ca.value(), wish, by);
}

std::set<int> types_in(X509* certificate) {
  std::set<int> types;
  for (int at = 0; at < X509_get_ext_count(certificate); ++at)
    types.insert(OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(certificate, at))));
  return types;
}

std::vector<std::string> purposes_of(X509* certificate) {
  std::vector<std::string> purposes;
  auto* list = static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr));
  for (int at = 0; at < sk_ASN1_OBJECT_num(list); ++at) {
    char text[64];
    OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(list, at), 1);
    purposes.emplace_back(text);
  }
  sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
  return purposes;
}

policy::Template with_usage(unsigned bits) {
  policy::Template made = plain_template();
  made.key_usage = static_cast<std::uint16_t>(bits);
  return made;
}

EVP_PKEY* ec_key() {
  return key_of("csr device", "ec:P-256");
}

// The value octets of an extension, and of that of a request.
Buffer san_of(X509* certificate) {
  const int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  if (at < 0) return {};
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
  return {data->data, data->data + data->length};
}
Buffer san_of_request(const DeviceCsrWish& wish) {
  const auto csr = crypto::Csr::decode(make_device_csr(wish)).value();
  return to_buffer(csr.extension(asn1::oid::subject_alternative_name)->value);
}

}  // namespace

TEST_CASE("key usage and purposes are the template's, whatever of them was asked for",
          "[ca][case:A10][req:N18]") {
  const CertificatePtr plain = certificate_for({});
  CHECK(X509_get_key_usage(plain.get()) == (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT));
  CHECK(purposes_of(plain.get()) ==
        std::vector<std::string>{"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"});
  const int usage = X509_get_ext_by_NID(plain.get(), NID_key_usage, -1);
  CHECK(X509_EXTENSION_get_critical(X509_get_ext(plain.get(), usage)) == 1);

  const CertificatePtr signing = certificate_for({}, with_usage(crypto::digital_signature));
  CHECK(X509_get_key_usage(signing.get()) == KU_DIGITAL_SIGNATURE);

  policy::Template without_purposes = plain_template();
  without_purposes.application_policies.clear();
  const CertificatePtr without = certificate_for({}, without_purposes);
  CHECK(X509_get_ext_by_NID(without.get(), NID_ext_key_usage, -1) == -1);
}

TEST_CASE("a certificate carries what the CA puts in and nothing else of the request",
          "[ca][case:A10][req:N18]") {
  const std::set<int> usual{NID_basic_constraints, NID_key_usage, NID_subject_key_identifier,
                            NID_authority_key_identifier, NID_ext_key_usage};
  CHECK(types_in(certificate_for({}).get()) == usual);
  const CertificatePtr asked = certificate_for({.extensions = {{"basicConstraints", "CA:FALSE"},
                                                               {"subjectKeyIdentifier", "00112233"},
                                                               {"keyUsage", "digitalSignature"},
                                                               {"extendedKeyUsage", "clientAuth"}},
                                                .password = "A1B2C3D4"});
  CHECK(types_in(asked.get()) == usual);
  CHECK(X509_get0_subject_key_id(asked.get())->length == 20);
  CHECK((X509_get_extension_flags(asked.get()) & EXFLAG_CA) == 0);
  CHECK(X509_get_pathlen(asked.get()) == -1);
}

TEST_CASE("the alternative names of the request are copied octet by octet, not critical",
          "[ca][case:A11]") {
  const DeviceCsrWish wish{
      .extensions = {{"subjectAltName", "DNS:device-1.example.test,DNS:Device.Example.TEST"}}};
  const CertificatePtr leaf = certificate_for(wish);
  CHECK(san_of(leaf.get()) == san_of_request(wish));
  const int at = X509_get_ext_by_NID(leaf.get(), NID_subject_alt_name, -1);
  CHECK(X509_EXTENSION_get_critical(X509_get_ext(leaf.get(), at)) == 0);
  CHECK(X509_check_host(leaf.get(), "device-1.example.test", 0, 0, nullptr) == 1);
  CHECK(san_of(certificate_for({}).get()).empty());
}

TEST_CASE("a request's word that its names are critical counts only where the subject is empty",
          "[ca][req:N1]") {
  const std::pair<std::string, std::string> critical{"subjectAltName", "critical,DNS:a.test"};
  const CertificatePtr leaf = certificate_for({.extensions = {critical}});
  const int at = X509_get_ext_by_NID(leaf.get(), NID_subject_alt_name, -1);
  CHECK(X509_EXTENSION_get_critical(X509_get_ext(leaf.get(), at)) == 0);

  // An empty subject does not come so far (RFC 5280, 4.2.1.6 would want it critical).
  const auto nameless = approved({.common_name = "", .extensions = {critical}}, plain_template());
  if (!nameless) {
    CHECK(nameless.error().reason == Reason::subject_missing);
    return;
  }
  const CertificatePtr named = certificate_for({.common_name = "", .extensions = {critical}});
  const int names = X509_get_ext_by_NID(named.get(), NID_subject_alt_name, -1);
  CHECK(X509_EXTENSION_get_critical(X509_get_ext(named.get(), names)) == 1);
}

// RFC 8813, 3: keyEncipherment and dataEncipherment must not be there for id-ecPublicKey.
TEST_CASE("the certificate of an EC key does not say that it enciphers", "[ca]") {
  const unsigned both = crypto::digital_signature | crypto::key_encipherment;
  CHECK(X509_get_key_usage(certificate_for({.key = ec_key()}).get()) == KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_key_usage(
            certificate_for({.key = ec_key()},
                            with_usage(both | crypto::data_encipherment | crypto::key_agreement))
                .get()) == (KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT));
  CHECK(
      X509_get_key_usage(certificate_for({}, with_usage(both | crypto::data_encipherment)).get()) ==
      (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT));
}

TEST_CASE("an EC key under a template that only enciphers is refused before the CA is asked",
          "[ca]") {
  const unsigned enciphers = crypto::key_encipherment | crypto::data_encipherment;
  const auto refused = approved({.key = ec_key()}, with_usage(enciphers));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::key_usage_not_allowed);
  CHECK(approved({}, with_usage(enciphers)));
  CHECK(approved({.key = ec_key()}, with_usage(enciphers | crypto::digital_signature)));
}

TEST_CASE("no certificate of the CA is a CA's: a request for one is refused",
          "[ca][case:A10][req:N18]") {
  const auto asked =
      approved({.extensions = {{"basicConstraints", "critical,CA:TRUE"}}}, plain_template());
  REQUIRE_FALSE(asked);
  CHECK(asked.error().reason == Reason::extension_not_allowed);
  CHECK(X509_check_ca(certificate_for({}).get()) == 0);
}
