#include <algorithm>
#include <set>

#include "ca/local_ca.h"
#include "catch.h"
#include "make_authority.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

Time not_after_of(X509* certificate) {
  return crypto::Certificate::decode(der_of_certificate(certificate))->not_after();
}
Time not_before_of(X509* certificate) {
  return crypto::Certificate::decode(der_of_certificate(certificate))->not_before();
}

bool is_critical(X509* certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) != 0;
}

Buffer identifier(const ASN1_OCTET_STRING* octets) {
  if (!octets) return {};
  return {octets->data, octets->data + octets->length};
}

Buffer hash_of_key(X509* certificate) {
  Buffer hash(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  done(X509_pubkey_digest(certificate, EVP_sha1(), hash.data(), &size));
  hash.resize(size);
  return hash;
}

Buffer serial_octets(X509* certificate) {
  return to_buffer(crypto::Certificate::decode(der_of_certificate(certificate))->serial());
}

// Why the CA issues nothing; none: it did.
Reason refusal_to_issue(ca::LocalCa& ca) {
  const policy::Template chosen = plain_template();  // the request borrows it
  const auto request = approved({}, chosen);
  const auto decision = ca.submit(request.value());
  if (decision) return Reason::none;
  CHECK(decision.error().code == Errc::unavailable);
  return decision.error().reason;
}

}  // namespace

TEST_CASE("what an RSA or an EC CA issues holds before OpenSSL's strict path validation", "[ca]") {
  const std::string type = GENERATE("rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521");
  CAPTURE(type);
  const Authority authority(type);
  const auto ca = authority.open();
  REQUIRE(ca);
  const CertificatePtr leaf = issued_by(**ca);
  CHECK(judged_path(leaf.get(), {authority.issuing.get()}, authority.root.get(),
                    authority.clock.seconds()) == "ok");
  CHECK(X509_check_ca(leaf.get()) == 0);

  // The judge can say no, too.
  const Authority other(type);
  const CertificatePtr stranger = make_certificate(ca_wish(key_of("stranger"), "Root CA"));
  CHECK(judged_path(leaf.get(), {authority.issuing.get()}, stranger.get(),
                    authority.clock.seconds()) != "ok");
}

TEST_CASE("the certificate certifies the key and the subject of the request", "[ca][req:R22]") {
  const Authority authority;
  const auto ca = authority.open();
  const CertificatePtr leaf = issued_by(**ca, {.common_name = "Ger\xc3\xa4t 7"});
  const auto core = crypto::Certificate::decode(der_of_certificate(leaf.get())).value();
  const auto csr = crypto::Csr::decode(make_device_csr({.common_name = "Ger\xc3\xa4t 7"})).value();
  CHECK(equal(core.public_key_info(), csr.public_key_info()));
  CHECK(equal(core.subject(), csr.subject()));
  CHECK(X509_NAME_cmp(X509_get_issuer_name(leaf.get()),
                      X509_get_subject_name(authority.issuing.get())) == 0);
  CHECK(X509_get_version(leaf.get()) == X509_VERSION_3);
}

TEST_CASE("a serial number is positive, of at most 20 octets and nobody's guess", "[ca]") {
  const Authority authority("ec:P-256");
  const auto ca = authority.open();
  std::set<Buffer> whole, upper, lower;
  for (int times = 0; times < 32; ++times) {
    const CertificatePtr leaf = issued_by(**ca);
    const Buffer serial = serial_octets(leaf.get());
    REQUIRE(serial.size() >= 16);
    CHECK(serial.size() <= 20);
    CHECK((serial[0] & 0x80) == 0);
    CHECK(serial != Buffer(serial.size(), 0));
    whole.insert(serial);
    upper.insert(Buffer(serial.begin(), serial.begin() + 8));
    lower.insert(Buffer(serial.end() - 8, serial.end()));
  }
  CHECK(whole.size() == 32);
  CHECK(upper.size() == 32);
  CHECK(lower.size() == 32);
}

TEST_CASE("the key identifiers lead from the certificate to the CA", "[ca]") {
  Authority authority;
  const auto ca = authority.open();
  const CertificatePtr leaf = issued_by(**ca);
  CHECK(identifier(X509_get0_authority_key_id(leaf.get())) ==
        identifier(X509_get0_subject_key_id(authority.issuing.get())));
  CHECK(identifier(X509_get0_subject_key_id(leaf.get())) == hash_of_key(leaf.get()));
  CHECK_FALSE(is_critical(leaf.get(), NID_authority_key_identifier));
  CHECK_FALSE(is_critical(leaf.get(), NID_subject_key_identifier));
}

TEST_CASE("the authority key identifier is the CA's own, however its CA made it", "[ca]") {
  Authority authority;
  CertificateWish wish = ca_wish(authority.key, "Issuing CA");
  wish.extensions[2].second = "00112233445566778899";
  authority.issuing = make_certificate(wish);
  const auto odd = ca::LocalCa::open(ca_library(), authority.clock, {core_form(authority.issuing)},
                                     core_form(authority.key));
  CHECK(identifier(X509_get0_authority_key_id(issued_by(**odd).get())) ==
        Buffer{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99});

  wish.extensions.pop_back();
  authority.issuing = make_certificate(wish);
  const auto without = ca::LocalCa::open(ca_library(), authority.clock,
                                         {core_form(authority.issuing)}, core_form(authority.key));
  CHECK(identifier(X509_get0_authority_key_id(issued_by(**without).get())) ==
        hash_of_key(authority.issuing.get()));
}

TEST_CASE("a certificate lives as long as its template says", "[ca]") {
  const Authority authority;
  const auto ca = authority.open();
  const CertificatePtr leaf = issued_by(**ca);
  CHECK(not_after_of(leaf.get()) == authority.clock.seconds() + plain_template().validity);
  CHECK(not_before_of(leaf.get()) <= authority.clock.seconds());
  CHECK(not_before_of(leaf.get()) >= authority.clock.seconds() - std::chrono::hours{1});
}

TEST_CASE("no certificate outlives its CA, or is older than it", "[ca]") {
  const Authority authority("rsa:2048", 7200);
  const auto ca = authority.open();
  const CertificatePtr clamped = issued_by(**ca);
  CHECK(not_after_of(clamped.get()) == not_after_of(authority.issuing.get()));

  Authority fresh;
  CertificateWish wish = under(ca_wish(fresh.key, "Issuing CA"), fresh.root.get(), fresh.root_key);
  wish.valid_from = -30;
  fresh.issuing = make_certificate(wish);
  const auto young = fresh.open();
  const CertificatePtr leaf = issued_by(**young);
  CHECK(not_before_of(leaf.get()) == not_before_of(fresh.issuing.get()));
  CHECK(judged_path(leaf.get(), {fresh.issuing.get()}, fresh.root.get(), fresh.clock.seconds()) ==
        "ok");
}

TEST_CASE("a CA that is expired or not yet valid issues nothing", "[ca]") {
  Authority authority("rsa:2048", 7200);
  const auto ca = authority.open();
  CHECK(refusal_to_issue(**ca) == Reason::none);
  authority.clock.advance(Seconds{7200 - 60});
  CHECK(refusal_to_issue(**ca) == Reason::none);
  authority.clock.advance(Seconds{120});
  CHECK(refusal_to_issue(**ca) == Reason::ca_unreachable);
  authority.clock.advance(-Seconds{7200 + 60 + 3600 + 60});
  CHECK(refusal_to_issue(**ca) == Reason::ca_unreachable);
}
