#include "store/request_rules.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "base/secret.h"

namespace scep_ra::store {
namespace {

bool held(const RequestRow& row, Instant now) {
  return row.state == RequestState::claimed && claim_holds(row.claimed_at, now);
}

// A certificate that has expired helps nobody any more; its request may begin anew.
bool in_force(const RequestRow& row, Instant now) {
  return row.issued && now < row.not_after;
}

// Whether the authorisation of the claim is the one that made the row what it is.
bool entitled(const std::optional<RequestRow>& row, const Claim& claim) {
  if (claim.renewal_of) return row && row->renewal_of == claim.renewal_of->serial;
  return claim.password_mac.empty() || bound(row, claim.password_mac);
}

bool same_wrapper(const RequestRow& row, const RequestKey& key) {
  return row.transaction_id == key.transaction_id &&
         equal(row.signer_key_hash, key.signer_key_hash);
}

}  // namespace

std::string id_of(Bytes identifier) {
  constexpr std::size_t octets = 8;
  return hex_lower(identifier.first(std::min(octets, identifier.size())));
}

std::string_view word(RequestState state) noexcept {
  switch (state) {
    case RequestState::claimed:
      return "claimed";
    case RequestState::released:
      return "released";
    case RequestState::pending:
      return "pending";
    case RequestState::denied:
      return "denied";
    case RequestState::issued:
      return "issued";
  }
  return "";
}

std::optional<RequestState> state_named(std::string_view name) noexcept {
  for (const auto state : {RequestState::claimed, RequestState::released, RequestState::pending,
                           RequestState::denied, RequestState::issued})
    if (word(state) == name) return state;
  return std::nullopt;
}

bool holds_transaction(RequestState state, Instant claimed_at, Instant now) {
  return state == RequestState::pending ||
         (state == RequestState::claimed && claim_holds(claimed_at, now));
}

bool claim_holds(Instant claimed_at, Instant now) {
  return std::chrono::abs(now - claimed_at) < claim_life;
}

bool bound(const std::optional<RequestRow>& row, Bytes password_mac) {
  return row && !password_mac.empty() && equal_in_constant_time(row->password_mac, password_mac);
}

Known known(const std::optional<RequestRow>& row, const RequestKey& key, bool other_open,
            Instant now) {
  if (row && same_wrapper(*row, key)) {
    if (in_force(*row, now)) return *row->issued;
    if (row->state == RequestState::pending) return Pending{};
    if (row->state == RequestState::denied) return Denied{};
  }
  // In any wrapper: who sends a captured request first must not get its owner refused.
  if (row && held(*row, now)) return Claimed{};
  if (other_open) return OtherOpen{};
  return Unknown{};
}

std::optional<ClaimOutcome> settled(const std::optional<RequestRow>& row, const Claim& claim,
                                    bool other_open, Instant now) {
  if (row && row->issued) {
    if (in_force(*row, now) && entitled(row, claim)) return *row->issued;
    if (!claim.password_mac.empty()) return PasswordSpent{};
  }
  // In another wrapper it still waits as its sender's: who repeats it must not take it over.
  const bool decided =
      row && (row->state == RequestState::pending || row->state == RequestState::denied);
  if (decided && !entitled(row, claim)) return PasswordSpent{};
  if (decided) {
    if (row->state == RequestState::pending) return Pending{};
    return Denied{};
  }
  if (row && held(*row, now)) return Claimed{};
  if (other_open) return OtherOpen{};
  return std::nullopt;
}

Status may_wait(std::uint64_t waiting, std::uint64_t of_source, const WaitingLimits& limits) {
  if (waiting < limits.all && of_source < limits.a_source) return {};
  return fail(Errc::denied, Reason::too_many_pending,
              std::to_string(waiting) + " requests wait for approval, " +
                  std::to_string(of_source) + " of them from this address");
}

Polled polled(const RequestRow& row, Buffer csr_info_hash, Buffer sealed_csr, Instant now) {
  switch (row.state) {
    case RequestState::claimed:
      if (held(row, now)) return Claimed{};
      return Unknown{};
    case RequestState::released:
      return Unknown{};
    case RequestState::pending:
      return Pending{};
    case RequestState::denied:
      return Denied{};
    case RequestState::issued:
      if (in_force(row, now))
        return PolledIssue{*row.issued, std::move(csr_info_hash), std::move(sealed_csr)};
      return Unknown{};
  }
  return Unknown{};
}

std::optional<ClaimOutcome> renewal_refused(const StoredCertificate& certificate,
                                            const RenewalOf& renewal, std::size_t renewals) {
  if (certificate.revoked || certificate.ancestor_revoked) return CertificateRevoked{};
  if (renewals >= renewal.maximum) return RenewedTooOften{};
  return std::nullopt;
}

}  // namespace scep_ra::store
