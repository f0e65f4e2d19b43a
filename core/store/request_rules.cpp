#include "store/request_rules.h"

#include "base/secret.h"

namespace scep_ra::store {
namespace {

bool held(const RequestRow& row, Instant now) {
  return row.state == RequestRow::State::claimed && claim_holds(row.claimed_at, now);
}

// A certificate that has expired helps nobody any more; its request may begin anew.
bool in_force(const RequestRow& row, Instant now) {
  return row.issued && now < row.not_after;
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
  if (row && same_wrapper(*row, key) && in_force(*row, now)) return *row->issued;
  // In any wrapper: who sends a captured request first must not get its owner refused.
  if (row && held(*row, now)) return Claimed{};
  if (other_open) return OtherOpen{};
  return Unknown{};
}

std::optional<ClaimOutcome> settled(const std::optional<RequestRow>& row, const Claim& claim,
                                    bool other_open, Instant now) {
  if (row && row->issued) {
    const bool open_enrolment = claim.password_mac.empty();
    const bool knows_password = bound(row, claim.password_mac);
    if (in_force(*row, now) && (open_enrolment || knows_password)) return *row->issued;
    if (!open_enrolment) return PasswordSpent{};
  }
  if (row && held(*row, now)) return Claimed{};
  if (other_open) return OtherOpen{};
  return std::nullopt;
}

}  // namespace scep_ra::store
