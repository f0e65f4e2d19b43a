#include "tool/ca_material.h"

#include "asn1/name.h"
#include "base/base64.h"
#include "ca/local_ca.h"
#include "catch.h"
#include "crypto/csr.h"

using namespace scep_ra;
using tool::chain_of;
using tool::next_generation_name;

namespace {

const crypto::Library& material_library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
  return library;
}

struct MadeCa {
  crypto::PrivateKey key = crypto::PrivateKey::generate(material_library(), "ec:P-256").value();
  crypto::Certificate certificate;
};

MadeCa made_ca(const std::string& name, const MadeCa* issuer) {
  MadeCa made;
  const auto der = ca::write_ca_certificate(
      material_library(), SystemClock(),
      {asn1::name_from_text(name).value(), Seconds{86400}, std::nullopt}, made.key.public_key(),
      issuer ? &issuer->certificate : nullptr, issuer ? issuer->key : made.key);
  made.certificate = crypto::Certificate::decode(der.value()).value();
  return made;
}

std::string next_of(const char* name) {
  const auto next = next_generation_name(asn1::name_from_text(name).value());
  if (!next) return "none";
  asn1::Fault fault;
  asn1::Reader reader(*next, fault);
  return asn1::name_text(asn1::read_name(reader));
}

}  // namespace

TEST_CASE("a successor is called after the CA, a generation on", "[tool]") {
  CHECK(next_of("C=CH, O=Ex, CN=Ex Issuing CA") == "C=CH, O=Ex, CN=Ex Issuing CA G2");
  CHECK(next_of("CN=Ex Issuing CA G2") == "CN=Ex Issuing CA G3");
  CHECK(next_of("CN=Ex Issuing CA G19") == "CN=Ex Issuing CA G20");
  CHECK(next_of("CN=Ex Group") == "CN=Ex Group G2");
  CHECK(next_of("CN=A\\, B\\=C") == "CN=A\\, B\\=C G2");
  CHECK(next_of("O=Ex") == "none");
  CHECK(next_of(("CN=" + std::string(62, 'x')).c_str()) == "none");
}

TEST_CASE("a chain is found in any order, and a missing link is named", "[tool]") {
  const MadeCa root = made_ca("CN=Root", nullptr);
  const MadeCa policy = made_ca("CN=Policy", &root);
  const MadeCa issuing = made_ca("CN=Issuing", &policy);
  const MadeCa namesake = made_ca("CN=Policy", &root);
  const auto chain =
      chain_of(material_library(), issuing.certificate,
               {root.certificate, namesake.certificate, issuing.certificate, policy.certificate});
  REQUIRE(chain);
  REQUIRE(chain->size() == 3);
  CHECK(equal(chain->at(1).der(), policy.certificate.der()));
  CHECK(equal(chain->at(2).der(), root.certificate.der()));
  const auto broken =
      chain_of(material_library(), issuing.certificate, {root.certificate, namesake.certificate});
  REQUIRE_FALSE(broken);
  CHECK(broken.error().detail.starts_with("the CA certificate that issued CN=Issuing is missing"));
}

TEST_CASE("a CA's request asks to become a CA that issues to devices only", "[tool]") {
  const MadeCa issuing = made_ca("CN=Issuing", nullptr);
  const auto pem =
      tool::ca_request_pem(material_library(), issuing.certificate.subject(), issuing.key);
  REQUIRE(pem);
  const auto blocks = pem_decode("CERTIFICATE REQUEST", *pem);
  REQUIRE(blocks.size() == 1);
  const auto csr = crypto::Csr::decode(blocks[0]);
  REQUIRE(csr);
  CHECK(equal(csr->subject(), issuing.certificate.subject()));
  CHECK(equal(csr->public_key_info(), issuing.key.public_key().info()));
  CHECK(csr->extension(asn1::oid::basic_constraints));
  CHECK(crypto::read_key_usage(csr->extension(asn1::oid::key_usage)->value) ==
        (crypto::key_cert_sign | crypto::crl_sign));
}
