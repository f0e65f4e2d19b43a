#include "ca/local_ca.h"
#include "catch.h"
#include "make_authority.h"

using namespace scep_ra;
using namespace scep_ra::test;
using Catch::Matchers::Contains;

namespace {

// Why that CA does not open; empty when it does.
std::string refusal_to_open(const std::vector<X509*>& chain, EVP_PKEY* key) {
  static const MovableClock clock;
  std::vector<crypto::Certificate> certificates;
  for (X509* one : chain)
    certificates.push_back(crypto::Certificate::decode(der_of_certificate(one)).value());
  const auto opened =
      ca::LocalCa::open(ca_library(), clock, std::move(certificates), core_form(key));
  if (opened) return "";
  CHECK(opened.error().code == Errc::config);
  CHECK(opened.error().reason == Reason::configuration_invalid);
  CHECK_FALSE(opened.error().detail.empty());
  return opened.error().detail;
}

}  // namespace

TEST_CASE("a CA opens with its key and its chain, the issuing certificate first", "[ca]") {
  const Authority authority;
  const auto opened = authority.open();
  REQUIRE(opened);
  const auto& certificates = (*opened)->ca_certificates();
  REQUIRE(certificates.size() == 2);
  CHECK(equal(certificates[0].der(), der_of_certificate(authority.issuing.get())));
  CHECK(equal(certificates[1].der(), der_of_certificate(authority.root.get())));

  // The chain need not reach the root, and a root alone is a CA.
  CHECK(refusal_to_open({authority.issuing.get()}, authority.key).empty());
  CHECK(refusal_to_open({authority.root.get()}, authority.root_key).empty());
}

TEST_CASE("a CA without a certificate does not open", "[ca]") {
  CHECK_THAT(refusal_to_open({}, key_of("issuing")), Contains("no CA certificate"));
}

TEST_CASE("a CA whose key is another certificate's does not open", "[ca]") {
  const Authority authority;
  CHECK_THAT(refusal_to_open({authority.issuing.get()}, authority.root_key),
             Contains("not that of the CA certificate"));
  CHECK_THAT(refusal_to_open({authority.issuing.get()}, key_of("issuing", "ec:P-256")),
             Contains("not that of the CA certificate"));
}

TEST_CASE("a certificate that may not issue is no CA's", "[ca]") {
  EVP_PKEY* key = key_of("issuing");
  const auto with = [&](std::vector<std::pair<std::string, std::string>> extensions) {
    CertificateWish wish = ca_wish(key, "CA");
    wish.extensions = std::move(extensions);
    const CertificatePtr certificate = make_certificate(wish);
    return refusal_to_open({certificate.get()}, key);
  };
  CHECK_THAT(with({}), Contains("not a CA certificate"));
  CHECK_THAT(with({{"basicConstraints", "critical,CA:FALSE"}}), Contains("not a CA certificate"));
  CHECK_THAT(with({{"keyUsage", "critical,keyCertSign"}}), Contains("not a CA certificate"));
  CHECK_THAT(with({{"basicConstraints", "critical,CA:TRUE"},
                   {"keyUsage", "critical,digitalSignature,cRLSign"}}),
             Contains("not a CA certificate"));
  CHECK(with({{"basicConstraints", "critical,CA:TRUE"}}).empty());
  CHECK(with({{"basicConstraints", "CA:TRUE,pathlen:0"}, {"keyUsage", "keyCertSign"}}).empty());
}

TEST_CASE("each further certificate of the chain must be a CA's too", "[ca]") {
  const Authority authority;
  CertificateWish leaf = ca_wish(authority.root_key, "Root CA");
  leaf.extensions = {{"basicConstraints", "critical,CA:FALSE"}};
  const CertificatePtr no_ca = make_certificate(leaf);
  CHECK_THAT(refusal_to_open({authority.issuing.get(), no_ca.get()}, authority.key),
             Contains("not a CA certificate"));
}

TEST_CASE("a chain whose next certificate has another name does not open", "[ca]") {
  const Authority authority;
  const CertificatePtr other = make_certificate(ca_wish(authority.root_key, "Another Root"));
  CHECK_THAT(refusal_to_open({authority.issuing.get(), other.get()}, authority.key),
             Contains("Another Root") && Contains("did not issue") && Contains("Issuing CA"));
  // The right certificates in the wrong order are no chain either.
  CHECK_FALSE(
      refusal_to_open({authority.root.get(), authority.issuing.get()}, authority.root_key).empty());
}

TEST_CASE("a chain whose next certificate has the name and another key does not open", "[ca]") {
  const Authority authority;
  const CertificatePtr impostor = make_certificate(ca_wish(key_of("impostor"), "Root CA"));
  CHECK_THAT(refusal_to_open({authority.issuing.get(), impostor.get()}, authority.key),
             Contains("did not issue"));
  const CertificatePtr renewed = make_certificate(ca_wish(authority.root_key, "Root CA"));
  CHECK(refusal_to_open({authority.issuing.get(), renewed.get()}, authority.key).empty());
}
