#include "store/request_rules.h"

#include "base/secret.h"

namespace scep_ra::store {
namespace {

bool held(const RequestRow& row, Instant now) {
  return row.state == RequestRow::State::claimed && claim_holds(row.claimed_at, now);
}

bool same_wrapper(const RequestRow& row, const RequestKey& key) {
  return row.transaction_id == key.transaction_id &&
         equal(row.signer_key_hash, key.signer_key_hash);
}

}  // namespace

bool claim_holds(Instant claimed_at, Instant now) {
  return std::chrono::abs(now - claimed_at) < claim_life;
}

bool bound(const std::optional<RequestRow>& row, Bytes password_mac) {
  return row && !password_mac.empty() && equal_in_constant_time(row->password_mac, password_mac);
}

Known known(const std::optional<RequestRow>& row, const RequestKey& key, bool other_open,
            Instant now) {
  if (row && same_wrapper(*row, key)) {
    if (row->issued) return *row->issued;
    if (held(*row, now)) return Claimed{};
  }
  if (other_open) return OtherOpen{};
  return Unknown{};
}

std::optional<ClaimOutcome> settled(const std::optional<RequestRow>& row, const Claim& claim,
                                    bool other_open, Instant now) {
  if (row && row->issued) {
    const bool open_enrolment = claim.password_mac.empty();
    if (open_enrolment || bound(row, claim.password_mac)) return *row->issued;
    return PasswordSpent{};
  }
  if (row && held(*row, now)) return Claimed{};
  if (other_open) return OtherOpen{};
  return std::nullopt;
}

}  // namespace scep_ra::store
