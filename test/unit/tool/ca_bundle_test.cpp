#include "tool/ca_bundle.h"

#include "catch.h"
#include "tool/authority.h"

using namespace scep_ra;
using tool::CaBundle;

namespace {

const crypto::Library& library() {
  static const auto opened =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
  return opened;
}

tool::Authority make_authority() {
  const auto name = [](const char* common_name) {
    return tool::make_name({{"CN", common_name}}).value();
  };
  return tool::make_authority(library(), SystemClock(),
                              {.root_subject = name("Root CA"),
                               .issuing_subject = name("Issuing CA"),
                               .ra_subject = name("RA"),
                               .root_key = "ec:P-256",
                               .issuing_key = "ec:P-256",
                               .ra_signing_key = "rsa:2048",
                               .ra_encryption_key = "rsa:2048"})
      .value();
}

const tool::Authority& ours() {
  static const auto made = make_authority();
  return made;
}

const tool::Authority& another() {
  static const auto made = make_authority();
  return made;
}

CaBundle bundle_of(const tool::Authority& authority) {
  return tool::sorted_by_role({authority.ra_signing.certificate,
                               authority.ra_encryption.certificate, authority.issuing.certificate,
                               authority.root.certificate})
      .value();
}

tool::Fingerprint sha256_of(const crypto::Certificate& certificate) {
  return {crypto::Digest::sha256, library()->digest(crypto::Digest::sha256, certificate.der())};
}

bool same(const crypto::Certificate& a, const crypto::Certificate& b) {
  return equal(a.der(), b.der());
}

}  // namespace

TEST_CASE("of an RA pair each certificate has its role", "[tool][req:C17]") {
  const auto bundle = bundle_of(ours());
  REQUIRE(bundle.signers.size() == 1);
  CHECK(same(bundle.signers[0], ours().ra_signing.certificate));
  CHECK(same(bundle.recipient, ours().ra_encryption.certificate));
  CHECK(bundle.authorities.size() == 2);
}

TEST_CASE("a CA without an RA answers itself, whatever its key usage", "[tool][req:C14]") {
  const auto bundle = tool::sorted_by_role({ours().root.certificate}).value();
  CHECK(same(bundle.recipient, ours().root.certificate));
  REQUIRE(bundle.signers.size() == 1);
  CHECK(same(bundle.signers[0], ours().root.certificate));
}

TEST_CASE("a server without any certificate is refused", "[tool]") {
  CHECK_FALSE(tool::sorted_by_role({}));
}

TEST_CASE("the fingerprint of the issuing CA or of its root is enough", "[tool]") {
  CHECK(tool::trust(library(), bundle_of(ours()), sha256_of(ours().issuing.certificate)));
  CHECK(tool::trust(library(), bundle_of(ours()), sha256_of(ours().root.certificate)));
}

TEST_CASE("the fingerprint of another CA is refused", "[tool]") {
  const auto trusted =
      tool::trust(library(), bundle_of(ours()), sha256_of(another().issuing.certificate));
  REQUIRE_FALSE(trusted);
  CHECK(trusted.error().code == Errc::denied);
}

TEST_CASE("the fingerprint of an RA certificate makes it no authority", "[tool]") {
  CHECK_FALSE(tool::trust(library(), bundle_of(ours()), sha256_of(ours().ra_signing.certificate)));
}

TEST_CASE("a stranger's RA beside the right CA is refused", "[tool]") {
  auto bundle = bundle_of(ours());
  bundle.recipient = another().ra_encryption.certificate;
  CHECK_FALSE(tool::trust(library(), bundle, sha256_of(ours().issuing.certificate)));
}

TEST_CASE("a chain is followed by signatures and not by names", "[tool]") {
  const auto& leaf = ours().ra_signing.certificate;
  CHECK(tool::chains_to(library(), leaf, ours().root.certificate, {ours().issuing.certificate}));
  CHECK_FALSE(tool::chains_to(library(), leaf, ours().root.certificate, {}));
  CHECK_FALSE(
      tool::chains_to(library(), leaf, ours().root.certificate, {another().issuing.certificate}));
}
