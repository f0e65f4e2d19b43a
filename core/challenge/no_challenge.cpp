#include "challenge/no_challenge.h"

namespace scep_ra::challenge {

Result<Secret> NoChallenge::generate(const Requester&) {
  return fail(Errc::denied, Reason::method_not_allowed, "no passwords: challenge.kind is none");
}

Result<policy::Authorisation> NoChallenge::verify(const crypto::Csr&, Bytes) {
  return policy::Authorisation::open();
}

}  // namespace scep_ra::challenge
