#pragma once

#include <vector>

#include "crypto/certificate.h"
#include "scep-ra/error.h"
#include "scep/enveloped_data.h"

namespace scep_ra::keys {

// An RA certificate and its key.
struct RaPair {
  crypto::Certificate certificate;
  crypto::PrivateKey key;
};

// The RA's two pairs (ndes-behaviour section 9). Immutable after it was opened; any thread.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  [[nodiscard]] virtual const RaPair& signer() const = 0;
  // Those a request may be addressed to; the RA encryption pair is the first, former ones follow.
  [[nodiscard]] virtual const std::vector<scep::Recipient>& recipients() const = 0;
};

}  // namespace scep_ra::keys
