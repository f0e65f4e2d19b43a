#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/csr.h"
#include "policy/approved_request.h"
#include "scep-ra/error.h"
#include "scep-ra/event.h"

namespace scep_ra::challenge {

// Who wants a password, for the event and the store.
struct Requester {
  std::string user;     // as the server proved it, or `os:NAME`
  std::string address;  // empty: local
  // Takes what was told of it, for the log of the server that asks; null: nobody's log.
  std::vector<Event>* told = nullptr;
};

// NDES's policy module: hands out challenges and judges them. Thread-safe.
class ChallengeValidator {
 public:
  virtual ~ChallengeValidator() = default;
  // A new password, durable when it is returned. Errc::denied: password_cache_full, or a kind that
  // hands out none (Reason::method_not_allowed); Errc::unavailable.
  virtual Result<Secret> generate(const Requester&) = 0;
  // May this request be served? Spends nothing: that happens in the store together with the claim.
  // Errc::denied, password_missing or password_unknown; Errc::unavailable is never a yes.
  virtual Result<policy::Authorisation> verify(const crypto::Csr&, Bytes csr_info_hash) = 0;
};

}  // namespace scep_ra::challenge
