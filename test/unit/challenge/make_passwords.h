#pragma once

#include <string>
#include <vector>

#include "challenge/one_time_password.h"
#include "crypto/csr.h"
#include "crypto/library_context.h"
#include "events/event_log.h"
#include "store/memory_store.h"

namespace scep_ra::challenge {

const crypto::Library& library();

class StillClock final : public Clock {
 public:
  std::chrono::sys_time<std::chrono::microseconds> now() const override { return at; }
  std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::seconds{1'800'000'000}};
};

// What the sinks were told, by event name, and the lines.
struct Told {
  std::vector<std::string> names;
  std::vector<std::string> lines;
};

// One-time passwords with NDES's defaults over a store in memory that is open.
struct Passwords {
  StillClock clock;
  store::MemoryStore store{clock};
  Told told;
  events::EventLog log = make_log();
  OneTimePasswordRules rules{.validity = std::chrono::minutes{60}, .maximum = 5, .length = 8};
  OneTimePassword validator = make_validator(store);

  Passwords();
  OneTimePassword make_validator(store::PasswordStore&, std::string_view key = "key of the state");
  events::EventLog make_log();
};

// A certification request with that challengePassword; empty: without one.
crypto::Csr request_with(std::string_view password);
Buffer info_hash(const crypto::Csr&);

std::string text_of(const Result<Secret>& password);

}  // namespace scep_ra::challenge
