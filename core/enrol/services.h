#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "ca/ca_backend.h"
#include "challenge/challenge_validator.h"
#include "challenge/guess_limiter.h"
#include "events/event_log.h"
#include "keys/key_store.h"
#include "policy/blocked_keys.h"
#include "policy/template.h"
#include "scep/cert_rep.h"
#include "store/state_store.h"

namespace scep_ra::enrol {

// What enrolment works with; all of it outlives the requests and is thread-safe.
struct Services {
  crypto::Library library;
  const scep::AlgorithmPolicy& algorithms;
  const scep::Profile& profile;
  const policy::TemplateSet& templates;
  const policy::BlockedKeys& blocked_keys;
  const keys::KeyStore& keys;
  const Clock& clock;
  ca::CaBackend& ca;
  challenge::ChallengeValidator& challenge;
  challenge::GuessLimiter& guesses;
  store::StateStore& store;
  events::EventLog& events;
  const Secret& csr_key;  // under which a CSR that waits is sealed
  store::WaitingLimits waiting_limits;
  // The newest CRL, DER, of the CA with that name (a whole Name element); empty: none of ours.
  // Without the function there are no CRLs here: another CA's are its own affair.
  std::function<Result<std::optional<Buffer>>(Bytes issuer)> crl_of;
};

// What came of a pkiMessage: a CertRep (HTTP 200), or an Errc that web turns into an HTTP status.
struct Outcome {
  std::optional<Buffer> cert_rep;
  Errc error = Errc::internal;  // when there is no CertRep
  std::optional<Seconds> retry_after;
  std::vector<Event> events;  // for the server's log
};

}  // namespace scep_ra::enrol
