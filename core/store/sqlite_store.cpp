#include "store/sqlite_store.h"

#include <utility>

#include "store/store_error.h"

namespace scep_ra::store {
namespace {

std::unexpected<Error> not_open() {
  return unavailable("the store is not open");
}

// Runs an operation that returns a Result by way of `run`, which knows statuses only: the value is
// seen when `run` says that all is well.
template <class Operation, class Run>
auto value_of(const Operation& operation, const Run& run) {
  decltype(operation(std::declval<SqliteConnection&>())) answer = not_open();
  Status status = run([&](SqliteConnection& connection) -> Status {
    answer = operation(connection);
    if (!answer) return std::unexpected(answer.error());
    return {};
  });
  if (!status) answer = std::unexpected(std::move(status).error());
  return answer;
}

}  // namespace

SqliteStore::SqliteStore(const Path& file, std::string ra, const Clock& clock)
    : ra_(std::move(ra)), clock_(clock), writer_(file), readers_(file) {}

// An operation sees the moment at which it runs, not the one at which it was queued.
SqliteRows SqliteStore::rows(SqliteConnection& connection) const {
  return {connection, ra_, clock_.now()};
}

template <class Operation>
auto SqliteStore::read(const Operation& operation) {
  return value_of([&](SqliteConnection& connection) { return operation(rows(connection)); },
                  [&](const auto& run) { return open_ ? readers_.read(run) : not_open(); });
}

template <class Operation>
auto SqliteStore::write(const Operation& operation) {
  return value_of([&](SqliteConnection& connection) { return operation(rows(connection)); },
                  [&](const auto& run) { return open_ ? writer_.write(run) : not_open(); });
}

Status SqliteStore::open() {
  if (open_) return {};
  Status opened = writer_.write([](SqliteConnection&) { return Status{}; });
  if (opened) open_ = true;
  return opened;
}

Status SqliteStore::probe() {
  return write([](const SqliteRows& rows) { return store::probe(rows); });
}

Status SqliteStore::record_event(const StoredEvent& event) {
  return write([&](const SqliteRows& rows) { return store::record_event(rows, event); });
}

void SqliteStore::purge() noexcept {
  try {
    Result<std::size_t> purged = purge_batch;
    while (purged && *purged == purge_batch)
      purged = write([](const SqliteRows& rows) { return purge_passwords(rows); });
  } catch (...) {
    return;  // out of memory: what is expired stays so, and the next purge finds it
  }
}

Status SqliteStore::add_password(const Password& password, unsigned maximum,
                                 const StoredEvent& event) {
  return write(
      [&](const SqliteRows& rows) { return store::add_password(rows, password, maximum, event); });
}

Result<bool> SqliteStore::password_usable(Bytes mac, Bytes csr_info_hash) {
  return read(
      [&](const SqliteRows& rows) { return store::password_usable(rows, mac, csr_info_hash); });
}

Result<std::vector<OutstandingPassword>> SqliteStore::outstanding_passwords() {
  return read([](const SqliteRows& rows) { return store::outstanding_passwords(rows); });
}

Result<std::size_t> SqliteStore::revoke_passwords(const std::string& id, const StoredEvent& event) {
  return write([&](const SqliteRows& rows) { return store::revoke_passwords(rows, id, event); });
}

Result<Known> SqliteStore::find_request(const RequestKey& key) {
  return read([&](const SqliteRows& rows) { return store::find_request(rows, key); });
}

Result<ClaimOutcome> SqliteStore::spend_and_claim(const Claim& claim) {
  Instant claimed_at;
  auto outcome = write([&](const SqliteRows& rows) {
    claimed_at = rows.now;
    return store::spend_and_claim(rows, claim);
  });
  // The disk took longer than a claim lives: by now another caller may hold it.
  if (outcome && std::holds_alternative<ClaimWon>(*outcome) &&
      !claim_holds(claimed_at, clock_.now()))
    return unavailable("the claim had run out before it was written");
  return outcome;
}

Status SqliteStore::record_issue(const Issue& issue, const StoredEvent& event) {
  return write([&](const SqliteRows& rows) { return store::record_issue(rows, issue, event); });
}

Status SqliteStore::release_claim(const RequestKey& key, const StoredEvent& event) {
  return write([&](const SqliteRows& rows) { return store::release_claim(rows, key, event); });
}

Status SqliteStore::record_pending(const WaitingRequest& request, const WaitingLimits& limits,
                                   const StoredEvent& event) {
  return write(
      [&](const SqliteRows& rows) { return store::record_pending(rows, request, limits, event); });
}

Result<Polled> SqliteStore::poll_request(const std::string& transaction_id, Bytes signer_key_hash) {
  return read([&](const SqliteRows& rows) {
    return store::poll_request(rows, transaction_id, signer_key_hash);
  });
}

Result<std::vector<RequestSummary>> SqliteStore::list_requests(std::optional<RequestState> state,
                                                               std::size_t maximum) {
  return read([&](const SqliteRows& rows) { return store::list_requests(rows, state, maximum); });
}

Result<std::optional<WaitingRequest>> SqliteStore::waiting_request(const std::string& id) {
  return read([&](const SqliteRows& rows) { return store::waiting_request(rows, id); });
}

Result<bool> SqliteStore::claim_waiting(const RequestKey& key) {
  return write([&](const SqliteRows& rows) { return store::claim_waiting(rows, key); });
}

Result<bool> SqliteStore::deny_waiting(const RequestKey& key, const StoredEvent& event) {
  return write([&](const SqliteRows& rows) { return store::deny_waiting(rows, key, event); });
}

Result<std::size_t> SqliteStore::expire_waiting(Seconds life, const StoredEvent& event) {
  return write([&](const SqliteRows& rows) { return store::expire_waiting(rows, life, event); });
}

Result<std::optional<StoredCertificate>> SqliteStore::find_certificate(const std::string& serial) {
  return read([&](const SqliteRows& rows) { return store::find_certificate(rows, serial); });
}

Result<std::vector<StoredCertificate>> SqliteStore::list_certificates(
    const CertificateFilter& filter, std::size_t maximum) {
  return read(
      [&](const SqliteRows& rows) { return store::list_certificates(rows, filter, maximum); });
}

Status SqliteStore::revoke_certificate(const std::string& serial, unsigned reason,
                                       const StoredEvent& event) {
  return write([&](const SqliteRows& rows) {
    return store::revoke_certificate(rows, serial, reason, event);
  });
}

Result<std::vector<RevokedSerial>> SqliteStore::revoked_certificates(Bytes authority,
                                                                     Time expired_by) {
  return read([&](const SqliteRows& rows) {
    return store::revoked_certificates(rows, authority, expired_by);
  });
}

Result<std::optional<KeptCrl>> SqliteStore::find_crl(Bytes authority) {
  return read([&](const SqliteRows& rows) { return store::find_crl(rows, authority); });
}

Result<bool> SqliteStore::keep_crl(Bytes authority, const KeptCrl& crl, const StoredEvent& event) {
  return write(
      [&](const SqliteRows& rows) { return store::keep_crl(rows, authority, crl, event); });
}

Result<bool> SqliteStore::take_lease(const std::string& name, const std::string& holder,
                                     Seconds life) {
  return write([&](const SqliteRows& rows) { return store::take_lease(rows, name, holder, life); });
}

}  // namespace scep_ra::store
