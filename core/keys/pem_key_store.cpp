#include "keys/pem_key_store.h"

namespace scep_ra::keys {
namespace {

constexpr std::size_t maximum_file = std::size_t{256} * 1024;
constexpr unsigned minimum_rsa = 2048;

std::unexpected<Error> file_error(const Path& path, Reason reason, const std::string& what) {
  return fail(Errc::config, reason, path.string() + ": " + what);
}

Status check_role(const RaPair& pair, const PairFiles& files, Role role) {
  if (role == Role::ca) return {};
  const crypto::PublicKey& key = pair.key.public_key();
  if (key.kind() == crypto::KeyKind::rsa && key.bits() < minimum_rsa)
    return file_error(
        files.key, Reason::key_too_short,
        "RSA key of " + std::to_string(key.bits()) + " bits, at least 2048 are needed");
  if (role == Role::encryption && key.kind() != crypto::KeyKind::rsa)
    return file_error(files.key, Reason::ra_key_unusable,
                      "the key that opens envelopes must be RSA");
  const bool signs = role == Role::signing;
  const unsigned needed = signs ? crypto::digital_signature : crypto::key_encipherment;
  if (!(pair.certificate.key_usage().value_or(0) & needed))
    return file_error(files.certificate, Reason::ra_key_unusable,
                      std::string("the certificate lacks key usage ") +
                          (signs ? "digitalSignature" : "keyEncipherment"));
  return {};
}

Result<std::vector<crypto::Certificate>> load_certificates(const Path& file) {
  const auto pem = read_file(file, maximum_file, Rights::any);
  if (!pem) return std::unexpected(pem.error());
  auto certificates = crypto::decode_pem_certificates(*pem);
  if (!certificates)
    return file_error(file, Reason::certificate_unreadable, certificates.error().detail);
  return certificates;
}

// A file may hold the right public half beside a damaged private one.
bool signs_for(const crypto::PrivateKey& key, const crypto::PublicKey& certified) {
  const Bytes message = as_bytes("self-test");
  const auto signature = key.sign(crypto::Digest::sha256, message);
  const crypto::SignatureAlgorithm algorithm{key.public_key().kind(), crypto::Digest::sha256};
  return signature && certified.verify(algorithm, message, *signature);
}

}  // namespace

Result<RaPair> load_pair(const crypto::Library& library, const PairFiles& files, Role role) {
  auto certificates = load_certificates(files.certificate);
  if (!certificates) return std::unexpected(std::move(certificates).error());
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
  if (!signs_for(*key, *certified))
    return file_error(files.key, Reason::ra_key_unusable, "the key is damaged");
  RaPair pair{certificates->front(), *std::move(key)};
  if (Status good = check_role(pair, files, role); !good)
    return std::unexpected(std::move(good).error());
  return pair;
}

Result<std::vector<crypto::Certificate>> load_former(const Path& file, const RaPair& pair) {
  auto certificates = load_certificates(file);
  if (!certificates) return certificates;
  std::erase_if(*certificates, [&](const crypto::Certificate& one) {
    return equal(one.der(), pair.certificate.der()) ||
           !equal(one.public_key_info(), pair.certificate.public_key_info());
  });
  return certificates;
}

PemKeyStore::PemKeyStore(RaPair signer, std::vector<scep::Recipient> recipients)
    : signer_(std::move(signer)), recipients_(std::move(recipients)) {}

Result<std::unique_ptr<PemKeyStore>> PemKeyStore::join(const crypto::Library& library,
                                                       RaPair signing, const RaPair& encryption,
                                                       std::vector<crypto::Certificate> former) {
  if (equal(signing.key.public_key().info(), encryption.key.public_key().info()))
    return fail(Errc::config, Reason::ra_key_unusable,
                "signing and encryption need two keys, this is the signing key");
  former.insert(former.begin(), encryption.certificate);
  std::vector<scep::Recipient> recipients;
  for (crypto::Certificate& certificate : former) {
    auto unwrap = crypto::KeyUnwrap::make(library, encryption.key);
    if (!unwrap) return std::unexpected(std::move(unwrap).error());
    recipients.push_back({std::move(certificate), *std::move(unwrap)});
  }
  return std::unique_ptr<PemKeyStore>(new PemKeyStore(std::move(signing), std::move(recipients)));
}

}  // namespace scep_ra::keys
