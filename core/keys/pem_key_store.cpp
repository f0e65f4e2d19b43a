#include "keys/pem_key_store.h"

namespace scep_ra::keys {
namespace {

constexpr std::size_t maximum_file = std::size_t{256} * 1024;
constexpr unsigned minimum_rsa = 2048;

std::unexpected<Error> file_error(const Path& path, Reason reason, const std::string& what) {
  return fail(Errc::config, reason, path.string() + ": " + what);
}

Status check_role(const RaPair& pair, const PairFiles& files, std::uint16_t needed,
                  const char* name) {
  const crypto::PublicKey& key = pair.key.public_key();
  if (key.kind() == crypto::KeyKind::rsa && key.bits() < minimum_rsa)
    return file_error(
        files.key, Reason::key_too_short,
        "RSA key of " + std::to_string(key.bits()) + " bits, at least 2048 are needed");
  if (!(pair.certificate.key_usage().value_or(0) & needed))
    return file_error(files.certificate, Reason::ra_key_unusable,
                      std::string("the certificate lacks key usage ") + name);
  return {};
}

}  // namespace

Result<RaPair> load_pair(const crypto::Library& library, const PairFiles& files) {
  const auto pem = read_file(files.certificate, maximum_file, Rights::any);
  if (!pem) return std::unexpected(pem.error());
  auto certificates = crypto::decode_pem_certificates(*pem);
  if (!certificates)
    return file_error(files.certificate, Reason::certificate_unreadable,
                      certificates.error().detail);
  auto key_pem = read_file(files.key, maximum_file, Rights::owner_only);
  if (!key_pem) return std::unexpected(std::move(key_pem).error());
  auto key = crypto::PrivateKey::decode_pem(library, *key_pem);
  wipe({reinterpret_cast<std::uint8_t*>(key_pem->data()), key_pem->size()});
  if (!key) return file_error(files.key, Reason::ra_key_unusable, key.error().detail);
  const auto certified =
      crypto::PublicKey::decode(library, certificates->front().public_key_info());
  if (!certified || !equal(certified->info(), key->public_key().info()))
    return file_error(files.key, Reason::ra_key_unusable,
                      "not the key of " + files.certificate.string());
  return RaPair{certificates->front(), *std::move(key)};
}

PemKeyStore::PemKeyStore(RaPair signer, scep::Recipient recipient) : signer_(std::move(signer)) {
  recipients_.push_back(std::move(recipient));
}

Result<std::unique_ptr<PemKeyStore>> PemKeyStore::load(const crypto::Library& library,
                                                       const PairFiles& signing,
                                                       const PairFiles& encryption) {
  auto signer = load_pair(library, signing);
  if (!signer) return std::unexpected(std::move(signer).error());
  auto decrypter = load_pair(library, encryption);
  if (!decrypter) return std::unexpected(std::move(decrypter).error());
  if (Status good = check_role(*signer, signing, crypto::digital_signature, "digitalSignature");
      !good)
    return std::unexpected(std::move(good).error());
  if (Status good = check_role(*decrypter, encryption, crypto::key_encipherment, "keyEncipherment");
      !good)
    return std::unexpected(std::move(good).error());
  if (equal(signer->key.public_key().info(), decrypter->key.public_key().info()))
    return file_error(encryption.key, Reason::ra_key_unusable,
                      "signing and encryption need two keys, this is the signing key");
  auto unwrap = crypto::KeyUnwrap::make(library, std::move(decrypter->key));
  if (!unwrap) return file_error(encryption.key, Reason::ra_key_unusable, unwrap.error().detail);
  return std::unique_ptr<PemKeyStore>(
      new PemKeyStore(*std::move(signer), {std::move(decrypter->certificate), *std::move(unwrap)}));
}

}  // namespace scep_ra::keys
