#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "keys/key_store.h"

namespace scep_ra::keys {

struct PairFiles {
  Path certificate, key;
};

// RA pairs in PEM files, read as root before the fork.
class PemKeyStore final : public KeyStore {
 public:
  // Enforces the roles of threats-and-tests C12: two keys, each its certificate's, RSA of at least
  // 2048 bits where it decrypts, the key usage of its role, files that nobody else may read.
  // Errc::config, detail `path: reason`. An expired certificate is no error.
  static Result<std::unique_ptr<PemKeyStore>> load(const crypto::Library&, const PairFiles& signing,
                                                   const PairFiles& encryption);

  [[nodiscard]] const RaPair& signer() const override { return signer_; }
  [[nodiscard]] const std::vector<scep::Recipient>& recipients() const override {
    return recipients_;
  }

 private:
  PemKeyStore(RaPair signer, scep::Recipient recipient);
  RaPair signer_;
  std::vector<scep::Recipient> recipients_;
};

// One certificate (the first of its file) and its key, each readable and belonging together.
// Errc::config, detail `path: reason`.
Result<RaPair> load_pair(const crypto::Library&, const PairFiles&);

}  // namespace scep_ra::keys
