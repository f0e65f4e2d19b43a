#include "store/memory_store.h"

#include <algorithm>

#include "base/hex.h"
#include "store/store_error.h"

namespace scep_ra::store {
namespace {

std::unexpected<Error> not_open() {
  return unavailable("the store is not open");
}

std::string id_of(Bytes mac) {
  return hex_lower(mac.first(std::min<std::size_t>(8, mac.size())));
}

}  // namespace

Status MemoryStore::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  return {};
}

Status MemoryStore::probe() {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  return {};
}

Status MemoryStore::record_event(const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  events_.push_back(event);
  return {};
}

void MemoryStore::purge() noexcept {
  const std::lock_guard lock(mutex_);
  std::erase_if(passwords_,
                [&](const auto& row) { return row.second.expires <= clock_.seconds(); });
}

Status MemoryStore::add_password(const Password& password, unsigned maximum,
                                 const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto count =
      std::ranges::count_if(passwords_, [&](const auto& row) { return outstanding(row.second); });
  if (maximum != 0 && count >= std::int64_t{maximum})
    return fail(Errc::denied, Reason::password_cache_full,
                std::to_string(count) + " passwords are outstanding");
  const Time now = clock_.seconds();
  const bool added =
      passwords_.try_emplace(password.mac, password.user, now, now + password.validity).second;
  if (!added) return fail(Errc::internal, Reason::internal_error, "the password exists");
  events_.push_back(event);
  return {};
}

Result<bool> MemoryStore::password_usable(Bytes mac, Bytes csr_info_hash) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  if (bound(request(csr_info_hash), mac)) return true;
  const auto row = passwords_.find(to_buffer(mac));
  return row != passwords_.end() && outstanding(row->second);
}

Result<std::vector<OutstandingPassword>> MemoryStore::outstanding_passwords() {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  std::vector<OutstandingPassword> found;
  for (const auto& [mac, row] : passwords_)
    if (outstanding(row)) found.push_back({id_of(mac), row.user, row.created, row.expires});
  std::ranges::stable_sort(found, {}, &OutstandingPassword::created);
  return found;
}

Result<std::size_t> MemoryStore::revoke_passwords(const std::string& id, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const std::size_t revoked = std::erase_if(passwords_, [&](const auto& row) {
    return outstanding(row.second) && (id.empty() || id == id_of(row.first));
  });
  if (revoked != 0) events_.push_back(event);
  return revoked;
}

Result<Known> MemoryStore::find_request(const RequestKey& key) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  return known(request(key.csr_info_hash), key, other_open(key), clock_.now());
}

Result<ClaimOutcome> MemoryStore::spend_and_claim(const Claim& claim) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const std::optional<RequestRow> row = request(claim.key.csr_info_hash);
  if (auto outcome = settled(row, claim, other_open(claim.key), clock_.now())) return *outcome;
  if (!claim.password_mac.empty() && !bound(row, claim.password_mac)) {
    const auto password = passwords_.find(claim.password_mac);
    if (password == passwords_.end() || !outstanding(password->second)) return PasswordSpent{};
    password->second.spent = true;
  }
  requests_[claim.key.csr_info_hash] = {.transaction_id = claim.key.transaction_id,
                                        .signer_key_hash = claim.key.signer_key_hash,
                                        .state = RequestRow::State::claimed,
                                        .claimed_at = clock_.now(),
                                        .password_mac = claim.password_mac,
                                        .issued = std::nullopt,
                                        .not_after = {}};
  return ClaimWon{};
}

Status MemoryStore::record_issue(const Issue& issue, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  if (certificates_.contains(issue.issued.serial))
    return fail(Errc::internal, Reason::internal_error, "the serial number exists");
  RequestRow* row = claimed(issue.key);
  if (row == nullptr) return claim_gone();
  certificates_.emplace(issue.issued.serial, issue);
  row->state = RequestRow::State::issued;
  row->issued = issue.issued;
  row->not_after = issue.not_after;
  events_.push_back(event);
  return {};
}

Status MemoryStore::release_claim(const RequestKey& key, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  if (RequestRow* row = claimed(key)) row->state = RequestRow::State::released;
  events_.push_back(event);
  return {};
}

std::vector<StoredEvent> MemoryStore::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

bool MemoryStore::outstanding(const PasswordRow& row) const {
  return !row.spent && row.expires > clock_.seconds();
}

bool MemoryStore::other_open(const RequestKey& key) const {
  return std::ranges::any_of(requests_, [&](const auto& entry) {
    const auto& [csr_info_hash, row] = entry;
    return row.transaction_id == key.transaction_id && row.state == RequestRow::State::claimed &&
           csr_info_hash != key.csr_info_hash && claim_holds(row.claimed_at, clock_.now());
  });
}

std::optional<RequestRow> MemoryStore::request(Bytes csr_info_hash) const {
  const auto row = requests_.find(to_buffer(csr_info_hash));
  if (row == requests_.end()) return std::nullopt;
  return row->second;
}

// The row whose claim that key holds; null: there is none.
RequestRow* MemoryStore::claimed(const RequestKey& key) {
  const auto row = requests_.find(key.csr_info_hash);
  const bool held = row != requests_.end() && row->second.state == RequestRow::State::claimed &&
                    row->second.transaction_id == key.transaction_id &&
                    row->second.signer_key_hash == key.signer_key_hash;
  return held ? &row->second : nullptr;
}

}  // namespace scep_ra::store
