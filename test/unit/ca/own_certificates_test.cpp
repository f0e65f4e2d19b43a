#include "asn1/name.h"
#include "ca/local_ca.h"
#include "catch.h"
#include "make_authority.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

const MovableClock init_clock;

Buffer name_of(const char* text) {
  return asn1::name_from_text(text).value();
}

// A root as `scep-ra init` makes it.
struct MadeRoot {
  crypto::PrivateKey key = core_form(key_of("made root", "ec:P-384"));
  CertificatePtr certificate = openssl_certificate(
      ca::write_ca_certificate(ca_library(), init_clock,
                               {name_of("O=Contoso, CN=Root"), Seconds{86400}, 1}, key.public_key(),
                               nullptr, key)
          .value());
  crypto::Certificate core = core_form(certificate);
};

CertificatePtr ra_certificate(const MadeRoot& root, ca::RaRole role, Seconds validity) {
  const crypto::PrivateKey key = core_form(key_of("made RA"));
  return openssl_certificate(ca::write_ra_certificate(ca_library(), init_clock, role,
                                                      name_of("CN=RA"), validity, key.public_key(),
                                                      root.core, root.key)
                                 .value());
}

}  // namespace

TEST_CASE("a root that init makes is a CA for OpenSSL, and issues through the embedded CA",
          "[ca]") {
  const MadeRoot root;
  CHECK(X509_check_ca(root.certificate.get()) == 1);
  CHECK(X509_get_pathlen(root.certificate.get()) == 1);
  CHECK(X509_get_key_usage(root.certificate.get()) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  const auto ca = ca::LocalCa::open(ca_library(), init_clock, {root.core},
                                    core_form(key_of("made root", "ec:P-384")));
  REQUIRE(ca);
  const CertificatePtr leaf = issued_by(**ca);
  CHECK(judged_path(leaf.get(), {}, root.certificate.get(), init_clock.seconds()) == "ok");
}

TEST_CASE("an intermediate that init makes ends with its root at the latest", "[ca]") {
  const MadeRoot root;
  const crypto::PrivateKey key = core_form(key_of("made intermediate"));
  const CertificatePtr intermediate =
      openssl_certificate(ca::write_ca_certificate(ca_library(), init_clock,
                                                   {name_of("CN=Issuing"), Seconds{864000}, 0},
                                                   key.public_key(), &root.core, root.key)
                              .value());
  CHECK(X509_check_ca(intermediate.get()) == 1);
  CHECK(core_form(intermediate).not_after() == root.core.not_after());
  CHECK(judged_path(intermediate.get(), {}, root.certificate.get(), init_clock.seconds()) == "ok");
}

TEST_CASE("the RA certificates that init makes are NDES's: one use each, enrolment agents",
          "[ca][case:C12][req:C14]") {
  const MadeRoot root;
  const CertificatePtr signing = ra_certificate(root, ca::RaRole::signing, Seconds{3600});
  const CertificatePtr encryption = ra_certificate(root, ca::RaRole::encryption, Seconds{3600});
  CHECK(X509_get_key_usage(signing.get()) == KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_key_usage(encryption.get()) == KU_KEY_ENCIPHERMENT);
  CHECK(X509_check_ca(signing.get()) == 0);
  CHECK(core_form(signing).extension(asn1::oid::extended_key_usage) != nullptr);
  CHECK(judged_path(signing.get(), {}, root.certificate.get(), init_clock.seconds()) == "ok");
  CHECK(judged_path(encryption.get(), {}, root.certificate.get(), init_clock.seconds()) == "ok");
  const CertificatePtr longer = ra_certificate(root, ca::RaRole::signing, Seconds{8640000});
  CHECK(core_form(longer).not_after() == root.core.not_after());
}
