#pragma once

#include <string>
#include <variant>
#include <vector>

#include "crypto/certificate.h"
#include "policy/approved_request.h"
#include "scep-ra/error.h"

namespace scep_ra::ca {

struct Issued {
  crypto::Certificate certificate;
};
struct Denied {
  std::string detail;
};
using CaDecision = std::variant<Issued, Denied>;

// A certification authority. Thread-safe; `submit` blocks for at most `[ca] timeout`.
class CaBackend {
 public:
  virtual ~CaBackend() = default;
  // Issuing CA first, then up to the root; from memory.
  [[nodiscard]] virtual const std::vector<crypto::Certificate>& ca_certificates() const = 0;
  // Former issuing CAs whose certificates still renew here; from memory.
  [[nodiscard]] virtual const std::vector<crypto::Certificate>& former_certificates() const {
    static const std::vector<crypto::Certificate> none;
    return none;
  }
  // A refusal is an answer; Errc::unavailable means that the CA never got the request.
  virtual Result<CaDecision> submit(const policy::ApprovedRequest&) = 0;
};

}  // namespace scep_ra::ca
