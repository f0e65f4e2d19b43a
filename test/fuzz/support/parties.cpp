#include "support/parties.h"

#include "vectors.h"

namespace scep_ra::fuzz {
namespace {

std::string file_of(const std::string& name) {
  auto content = test::file_content(std::string(SCEP_RA_FUZZ_KEYS) + "/" + name);
  if (!content) throw std::runtime_error("cannot read key file " + name);
  return *std::move(content);
}

FixedParty party_of(const std::string& name) {
  const std::string certificate_pem = file_of(name + ".pem");
  const std::string key_pem = file_of(name + ".key.pem");
  const test::BioPtr certificate_text = test::reading(as_bytes(certificate_pem));
  const test::BioPtr key_text = test::reading(as_bytes(key_pem));
  test::CertificatePtr certificate(
      test::made(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr)));
  test::KeyPtr key(test::made(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)));
  const Party borrowed{certificate.get(), key.get()};
  return {std::move(certificate), std::move(key), borrowed,
          crypto::decode_pem_certificates(certificate_pem).value().front(),
          crypto::PrivateKey::decode_pem(library(), key_pem).value()};
}

}  // namespace

const crypto::Library& library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::yes).value();
  return library;
}

const FixedParty& issuing_ca() {
  static const FixedParty party = party_of("ca");
  return party;
}
const FixedParty& ra_encryption() {
  static const FixedParty party = party_of("ra-encryption");
  return party;
}
const FixedParty& ra_signing() {
  static const FixedParty party = party_of("ra-signing");
  return party;
}
const FixedParty& device() {
  static const FixedParty party = party_of("device");
  return party;
}
const FixedParty& ec_device() {
  static const FixedParty party = party_of("ec-device");
  return party;
}

}  // namespace scep_ra::fuzz
