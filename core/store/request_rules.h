#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "store/state_store.h"

namespace scep_ra::store {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// How long a poll for a refused request is still told so, after as long as one may wait.
inline constexpr Seconds refused_are_kept{7 * 86400};

// The name in a listing of what a MAC or a hash identifies: its first 8 octets in lower-case hex.
std::string id_of(Bytes identifier);

// A request as every store keeps it, under its csr_info_hash.
struct RequestRow {
  std::string transaction_id;
  Buffer signer_key_hash;
  RequestState state = RequestState::claimed;
  Instant claimed_at;                       // of a request that waits: when somebody last decided
  Buffer password_mac;                      // empty: renewal or open enrolment
  std::string renewal_of;                   // empty: by password or open enrolment
  std::optional<IssuedCertificate> issued;  // when the state says so
  Time not_after;                           // of that certificate
};

// Whether somebody works on it now. A claim from the future, further than a claim lives, was made
// before the clock was set back: it has run out, or its request would wait as long as the clock
// does.
bool claim_holds(Instant claimed_at, Instant now);

std::optional<RequestState> state_named(std::string_view word) noexcept;

// Whether a row in that state keeps its transactionID from other requests.
bool holds_transaction(RequestState, Instant claimed_at, Instant now);

// Whether the request is known and that password was spent for it. Constant-time in the MAC.
bool bound(const std::optional<RequestRow>&, Bytes password_mac);

// `other_open`: the transactionID belongs to another CSR that holds it.
Known known(const std::optional<RequestRow>&, const RequestKey&, bool other_open, Instant now);

// The answer to a claim that needs no password spent; empty: spend it, unless it is bound, and
// claim.
std::optional<ClaimOutcome> settled(const std::optional<RequestRow>&, const Claim&, bool other_open,
                                    Instant now);

// Errc::denied, too_many_pending: as many wait already as may, in all or from one address.
Status may_wait(std::uint64_t waiting, std::uint64_t of_source, const WaitingLimits&);

// Of the row a poll matches.
Polled polled(const RequestRow&, Buffer csr_info_hash, Buffer sealed_csr, Instant now);

// What keeps a certificate from authorising one more request; empty: nothing. `renewals`: the other
// requests it authorises.
std::optional<ClaimOutcome> renewal_refused(const StoredCertificate&, const RenewalOf&,
                                            std::size_t renewals);

}  // namespace scep_ra::store
