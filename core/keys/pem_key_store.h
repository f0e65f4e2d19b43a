#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/files.h"
#include "keys/key_store.h"

namespace scep_ra::keys {

struct PairFiles {
  Path certificate, key;
};

// What a pair is for (threats-and-tests C12).
enum class Role : std::uint8_t { signing, encryption, ca };

// One certificate (the first of its file) and its key: readable, belonging together, fit for the
// role: an RA's of RSA has at least 2048 bits, decryption needs RSA, the certificate has the role's
// key usage, nobody but its owner may read the key. An expired certificate is no error.
// Errc::config, detail `path: reason`.
Result<RaPair> load_pair(const crypto::Library&, const PairFiles&, Role);

// Of the certificates behind the first of that pair's file those of the same key: what it had
// before.
Result<std::vector<crypto::Certificate>> load_former(const Path& certificates, const RaPair&);

// RA pairs in PEM files, read as root before the fork.
class PemKeyStore final : public KeyStore {
 public:
  // `former`: certificates that the encryption key had before; clients go on to use what they know.
  // Refuses one key in both roles. Errc::config.
  static Result<std::unique_ptr<PemKeyStore>> join(const crypto::Library&, RaPair signing,
                                                   const RaPair& encryption,
                                                   std::vector<crypto::Certificate> former = {});

  [[nodiscard]] const RaPair& signer() const override { return signer_; }
  [[nodiscard]] const std::vector<scep::Recipient>& recipients() const override {
    return recipients_;
  }

 private:
  PemKeyStore(RaPair signer, std::vector<scep::Recipient> recipients);
  RaPair signer_;
  std::vector<scep::Recipient> recipients_;
};

}  // namespace scep_ra::keys
