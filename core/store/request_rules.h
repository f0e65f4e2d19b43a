#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "store/state_store.h"

namespace scep_ra::store {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// A request as every store keeps it, under its csr_info_hash.
struct RequestRow {
  enum class State : std::uint8_t { claimed, released, issued };
  std::string transaction_id;
  Buffer signer_key_hash;
  State state = State::claimed;
  Instant claimed_at;
  Buffer password_mac;                      // empty: open enrolment
  std::optional<IssuedCertificate> issued;  // when the state says so
  Time not_after;                           // of that certificate
};

// Whether somebody works on it now. A claim from the future, further than a claim lives, was made
// before the clock was set back: it has run out, or its request would wait as long as the clock
// does.
bool claim_holds(Instant claimed_at, Instant now);

// Whether the request is known and that password was spent for it. Constant-time in the MAC.
bool bound(const std::optional<RequestRow>&, Bytes password_mac);

// `other_open`: the transactionID belongs to another CSR whose claim holds.
Known known(const std::optional<RequestRow>&, const RequestKey&, bool other_open, Instant now);

// The answer to a claim that needs no password spent; empty: spend it, unless it is bound, and
// claim.
std::optional<ClaimOutcome> settled(const std::optional<RequestRow>&, const Claim&, bool other_open,
                                    Instant now);

}  // namespace scep_ra::store
