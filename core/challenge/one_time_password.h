#pragma once

#include <cstdint>

#include "base/clock.h"
#include "challenge/challenge_validator.h"
#include "crypto/library_context.h"
#include "events/event_log.h"
#include "store/state_store.h"

namespace scep_ra::challenge {

// NDES's PasswordValidity, PasswordMax and PasswordLength.
struct OneTimePasswordRules {
  Seconds validity{};
  std::uint32_t maximum = 0;  // outstanding ones; 0: no limit
  std::uint32_t length = 0;   // octets of randomness; the text is twice as long
};

// NDES's passwords: upper-case hex, used once, kept in the store as a keyed MAC (threats-and-tests
// S2). Store and log outlive it.
class OneTimePassword final : public ChallengeValidator {
 public:
  OneTimePassword(crypto::Library, store::PasswordStore&, events::EventLog&, Secret mac_key,
                  OneTimePasswordRules);

  // Writes the event password-issued or password-cache-full.
  Result<Secret> generate(const Requester&) override;
  Result<policy::Authorisation> verify(const crypto::Csr&, Bytes csr_info_hash) override;

 private:
  crypto::Library library_;
  store::PasswordStore& store_;
  events::EventLog& events_;
  Secret mac_key_;
  OneTimePasswordRules rules_;
};

}  // namespace scep_ra::challenge
