#include "store/memory_store.h"

#include <algorithm>
#include <functional>

#include "base/hex.h"
#include "base/text.h"
#include "store/store_error.h"

namespace scep_ra::store {
namespace {

std::unexpected<Error> not_open() {
  return unavailable("the store is not open");
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
  forget_expired();
}

void MemoryStore::forget_expired() noexcept {
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
  forget_expired();
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
  if (auto outcome = refused(claim, row)) return *outcome;
  requests_[claim.key.csr_info_hash] = {
      .row = {.transaction_id = claim.key.transaction_id,
              .signer_key_hash = claim.key.signer_key_hash,
              .state = RequestState::claimed,
              .claimed_at = clock_.now(),
              .password_mac = claim.password_mac,
              .renewal_of = claim.renewal_of ? claim.renewal_of->serial : std::string(),
              .issued = std::nullopt,
              .not_after = {}},
      .waiting = {.key = claim.key,
                  .certificate_template = claim.certificate_template,
                  .subject = {},
                  .client_address = {},
                  .sealed_csr = {},
                  .received = clock_.seconds()}};
  return ClaimWon{};
}

// What authorises the claim, judged and spent; empty: it does.
std::optional<ClaimOutcome> MemoryStore::refused(const Claim& claim,
                                                 const std::optional<RequestRow>& row) {
  if (claim.renewal_of) {
    const auto certificate = certificates_.find(claim.renewal_of->serial);
    if (certificate == certificates_.end()) return CertificateRevoked{};
    StoredCertificate judged = certificate->second;
    judged.ancestor_revoked = ancestor_revoked(judged.renewal_of);
    return renewal_refused(judged, *claim.renewal_of, renewals_of(claim));
  }
  if (claim.password_mac.empty() || bound(row, claim.password_mac)) return std::nullopt;
  const auto password = passwords_.find(claim.password_mac);
  if (password == passwords_.end() || !outstanding(password->second)) return PasswordSpent{};
  password->second.spent = true;
  return std::nullopt;
}

std::size_t MemoryStore::renewals_of(const Claim& claim) const {
  return static_cast<std::size_t>(std::ranges::count_if(requests_, [&](const auto& entry) {
    const RequestState state = entry.second.row.state;
    return entry.first != claim.key.csr_info_hash &&
           entry.second.row.renewal_of == claim.renewal_of->serial &&
           state != RequestState::released && state != RequestState::denied;
  }));
}

bool MemoryStore::ancestor_revoked(std::string serial) const {
  for (auto found = certificates_.find(serial); found != certificates_.end();
       found = certificates_.find(serial)) {
    if (found->second.revoked) return true;
    serial = found->second.renewal_of;
  }
  return false;
}

Status MemoryStore::record_issue(const Issue& issue, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  if (certificates_.contains(issue.issued.serial))
    return fail(Errc::internal, Reason::internal_error, "the serial number exists");
  Request* request = open_request(issue.key, true);
  if (request == nullptr) return claim_gone();
  certificates_.emplace(issue.issued.serial,
                        StoredCertificate{.issued = issue.issued,
                                          .subject = issue.subject,
                                          .certificate_template = issue.certificate_template,
                                          .not_before = issue.not_before,
                                          .not_after = issue.not_after,
                                          .revoked = std::nullopt,
                                          .renewal_of = request->row.renewal_of,
                                          .authority = issue.authority});
  request->row.state = RequestState::issued;
  request->row.issued = issue.issued;
  request->row.not_after = issue.not_after;
  if (!issue.keep_sealed_csr) request->waiting.sealed_csr.clear();
  events_.push_back(event);
  return {};
}

Status MemoryStore::release_claim(const RequestKey& key, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  if (Request* request = open_request(key, false)) request->row.state = RequestState::released;
  events_.push_back(event);
  return {};
}

Status MemoryStore::record_pending(const WaitingRequest& waiting, const WaitingLimits& limits,
                                   const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  std::uint64_t all = 0;
  std::uint64_t of_source = 0;
  for (const auto& [csr_info_hash, other] : requests_) {
    if (other.row.state != RequestState::pending) continue;
    ++all;
    if (other.waiting.client_address == waiting.client_address) ++of_source;
  }
  if (Status room = may_wait(all, of_source, limits); !room) return room;
  Request* request = open_request(waiting.key, false);
  if (request == nullptr) return claim_gone();
  request->row.state = RequestState::pending;
  request->row.claimed_at = Instant();
  request->waiting.subject = waiting.subject;
  request->waiting.client_address = waiting.client_address;
  request->waiting.sealed_csr = waiting.sealed_csr;
  events_.push_back(event);
  return {};
}

Result<Polled> MemoryStore::poll_request(const std::string& transaction_id, Bytes signer_key_hash) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto latest = [&](auto&& same) -> const Request* {
    const Request* found = nullptr;
    for (const auto& [csr_info_hash, request] : requests_) {
      if (!equal(request.row.signer_key_hash, signer_key_hash) ||
          !same(request.row.transaction_id, transaction_id))
        continue;
      if (found == nullptr || found->waiting.received < request.waiting.received) found = &request;
    }
    return found;
  };
  const Request* found = latest(std::equal_to<>());
  if (found == nullptr)
    found = latest([](const auto& a, const auto& b) { return lower(a) == lower(b); });
  if (found == nullptr) return Unknown{};
  return polled(found->row, found->waiting.key.csr_info_hash, found->waiting.sealed_csr,
                clock_.now());
}

Result<std::vector<RequestSummary>> MemoryStore::list_requests(std::optional<RequestState> state,
                                                               std::size_t maximum) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  std::vector<RequestSummary> found;
  for (const auto& [csr_info_hash, request] : requests_) {
    if (state && request.row.state != *state) continue;
    found.push_back({.id = id_of(csr_info_hash),
                     .state = request.row.state,
                     .transaction_id = request.row.transaction_id,
                     .subject = request.waiting.subject,
                     .certificate_template = request.waiting.certificate_template,
                     .client_address = request.waiting.client_address,
                     .received = request.waiting.received,
                     .serial = request.row.issued ? request.row.issued->serial : ""});
  }
  std::ranges::stable_sort(found, std::greater<>(), &RequestSummary::received);
  if (found.size() > maximum) found.resize(maximum);
  return found;
}

Result<std::optional<WaitingRequest>> MemoryStore::waiting_request(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  for (const auto& [csr_info_hash, request] : requests_) {
    if (request.row.state != RequestState::pending || id_of(csr_info_hash) != id) continue;
    WaitingRequest found = request.waiting;
    found.renewal_of = request.row.renewal_of;
    found.password_mac = request.row.password_mac;
    return found;
  }
  return std::nullopt;
}

Result<bool> MemoryStore::claim_waiting(const RequestKey& key) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  Request* request = decidable(key);
  if (request != nullptr) request->row.claimed_at = clock_.now();
  return request != nullptr;
}

Result<bool> MemoryStore::deny_waiting(const RequestKey& key, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  Request* request = decidable(key);
  if (request == nullptr) return false;
  request->row.state = RequestState::denied;
  request->waiting.sealed_csr.clear();
  events_.push_back(event);
  return true;
}

Result<std::size_t> MemoryStore::expire_waiting(Seconds life, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto older = [&](const Request& request, Seconds than) {
    return request.waiting.received + than <= clock_.seconds();
  };
  std::size_t expired = 0;
  for (auto& [csr_info_hash, request] : requests_) {
    if (request.row.state != RequestState::pending || !older(request, life)) continue;
    request.row.state = RequestState::denied;
    request.waiting.sealed_csr.clear();
    ++expired;
  }
  const Seconds long_ago = life + refused_are_kept;
  for (auto& [csr_info_hash, request] : requests_)
    if (request.row.state == RequestState::issued && older(request, long_ago))
      request.waiting.sealed_csr.clear();
  std::erase_if(requests_, [&](const auto& entry) {
    const RequestState state = entry.second.row.state;
    return (state == RequestState::released || state == RequestState::denied) &&
           older(entry.second, long_ago);
  });
  if (expired != 0) events_.push_back(event);
  return expired;
}

Result<std::optional<StoredCertificate>> MemoryStore::find_certificate(const std::string& serial) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto found = certificates_.find(serial);
  if (found == certificates_.end()) return std::nullopt;
  StoredCertificate certificate = found->second;
  certificate.ancestor_revoked = ancestor_revoked(certificate.renewal_of);
  return certificate;
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
    const RequestRow& row = entry.second.row;
    return row.transaction_id == key.transaction_id && entry.first != key.csr_info_hash &&
           holds_transaction(row.state, row.claimed_at, clock_.now());
  });
}

std::optional<RequestRow> MemoryStore::request(Bytes csr_info_hash) const {
  const auto found = requests_.find(to_buffer(csr_info_hash));
  if (found == requests_.end()) return std::nullopt;
  return found->second.row;
}

// The one whose claim that key holds, or that waits under it; null: there is none.
MemoryStore::Request* MemoryStore::open_request(const RequestKey& key, bool waiting_too) {
  const auto found = requests_.find(key.csr_info_hash);
  if (found == requests_.end()) return nullptr;
  const RequestRow& row = found->second.row;
  const bool open =
      row.state == RequestState::claimed || (waiting_too && row.state == RequestState::pending);
  const bool same =
      row.transaction_id == key.transaction_id && row.signer_key_hash == key.signer_key_hash;
  return open && same ? &found->second : nullptr;
}

// The one that waits and that nobody decides on now; null: there is none.
MemoryStore::Request* MemoryStore::decidable(const RequestKey& key) {
  const auto found = requests_.find(key.csr_info_hash);
  const bool free = found != requests_.end() && found->second.row.state == RequestState::pending &&
                    !claim_holds(found->second.row.claimed_at, clock_.now());
  return free ? &found->second : nullptr;
}

}  // namespace scep_ra::store
