#pragma once

#include <memory>

#include "ca/ca_backend.h"
#include "ca/local_ca_administration.h"
#include "challenge/challenge_validator.h"
#include "enrol/services.h"
#include "events/event_log.h"
#include "keys/key_store.h"
#include "policy/blocked_keys.h"
#include "policy/template.h"
#include "scep-ra/config.h"
#include "scep/algorithm_policy.h"
#include "scep/profile.h"
#include "settings/settings.h"
#include "store/state_store.h"

namespace scep_ra {

// The rooms of one RA, joined by parts.cpp from its TOML file: what Ra serves with and what the
// `scep-ra` command works on. Nothing is open yet: `store->open()` and `events->open()` follow,
// after the fork or after the change of user.
struct Parts {
  settings::Settings settings;
  SystemClock clock;
  crypto::Library library;
  scep::AlgorithmPolicy algorithms;
  const scep::Profile* profile = nullptr;
  policy::TemplateSet templates;
  policy::BlockedKeys blocked_keys;
  std::unique_ptr<keys::KeyStore> keys;
  std::unique_ptr<ca::CaBackend> ca;
  std::unique_ptr<store::StateStore> store;
  std::unique_ptr<events::EventLog> events;
  std::unique_ptr<ca::LocalCaAdministration> ca_administration;  // null: the CA is elsewhere
  std::unique_ptr<challenge::ChallengeValidator> challenge;
  std::unique_ptr<challenge::GuessLimiter> guesses;
  Secret csr_key;  // under which a CSR that waits for approval is sealed
};

// What enrolment works with, out of them; they outlive it.
enrol::Services services_of(Parts&);

// Reads and checks everything the file names, as `Ra::load` promises.
Result<std::unique_ptr<Parts>> join_parts(const Path& file);

}  // namespace scep_ra
