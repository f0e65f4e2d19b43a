#pragma once

#include "challenge/challenge_validator.h"

namespace scep_ra::challenge {

// challenge.kind = "none": open enrolment, the operator's explicit word. Hands out no passwords;
// one that a device sends along is not looked at.
class NoChallenge final : public ChallengeValidator {
 public:
  Result<Secret> generate(const Requester&) override;
  Result<policy::Authorisation> verify(const crypto::Csr&, Bytes csr_info_hash) override;
};

}  // namespace scep_ra::challenge
