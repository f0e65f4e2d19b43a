#include <algorithm>
#include <utility>

#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"
#include "store/store_error.h"

namespace scep_ra::store {
namespace {

constexpr std::int64_t microseconds_of_claim = std::chrono::microseconds{claim_life}.count();
Status enough_room(const SqliteRows& rows, const std::string& address,
                   const WaitingLimits& limits) {
  SqliteQuery query(rows.connection,
                    "SELECT count(*), count(*) FILTER (WHERE client_address = ?2)"
                    " FROM request INDEXED BY request_pending WHERE ra = ?1 AND state = 'pending'",
                    rows.ra, address);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  return may_wait(static_cast<std::uint64_t>(query.integer(0)),
                  static_cast<std::uint64_t>(query.integer(1)), limits);
}

// Of the requests that this key has signed the latest with that transactionID.
Result<std::optional<std::pair<Buffer, Buffer>>> latest(const SqliteRows& rows,
                                                        const std::string& transaction_id,
                                                        Bytes signer_key_hash,
                                                        std::string_view sql) {
  SqliteQuery query(rows.connection, sql, rows.ra, transaction_id, signer_key_hash);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return std::pair(query.octets(0), query.octets(1));
}

constexpr std::string_view by_exact_id =
    "SELECT csr_info_hash, sealed_csr FROM request INDEXED BY request_by_signer"
    " WHERE ra = ?1 AND signer_key_hash = ?3 AND transaction_id = ?2"
    " ORDER BY received_at DESC LIMIT 1";
constexpr std::string_view by_id_of_any_case =
    "SELECT csr_info_hash, sealed_csr FROM request INDEXED BY request_by_signer"
    " WHERE ra = ?1 AND signer_key_hash = ?3 AND transaction_id = ?2 COLLATE NOCASE"
    " ORDER BY received_at DESC LIMIT 1";

}  // namespace

Status record_pending(const SqliteRows& rows, const WaitingRequest& request,
                      const WaitingLimits& limits, const StoredEvent& event) {
  if (Status room = enough_room(rows, request.client_address, limits); !room) return room;
  const auto waits = change(
      rows.connection,
      "UPDATE request SET state = 'pending', claimed_at_us = 0, subject = ?5,"
      " client_address = ?6, sealed_csr = ?7 WHERE ra = ?1 AND csr_info_hash = ?2"
      " AND transaction_id = ?3 AND signer_key_hash = ?4 AND state = 'claimed'",
      rows.ra, request.key.csr_info_hash, request.key.transaction_id, request.key.signer_key_hash,
      request.subject, request.client_address, request.sealed_csr);
  if (!waits) return std::unexpected(waits.error());
  if (*waits == 0) return claim_gone();
  return record_event(rows, event);
}

Result<Polled> poll_request(const SqliteRows& rows, const std::string& transaction_id,
                            Bytes signer_key_hash) {
  auto found = latest(rows, transaction_id, signer_key_hash, by_exact_id);
  if (found && !*found) found = latest(rows, transaction_id, signer_key_hash, by_id_of_any_case);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Unknown{};
  const auto row = request_row(rows, (*found)->first);
  if (!row) return std::unexpected(row.error());
  if (!*row) return Unknown{};
  return polled(**row, std::move((*found)->first), std::move((*found)->second), rows.now);
}

Result<std::vector<RequestSummary>> list_requests(const SqliteRows& rows,
                                                  std::optional<RequestState> state,
                                                  std::size_t maximum) {
  const std::string wanted(state ? word(*state) : "");
  SqliteQuery query(rows.connection,
                    "SELECT csr_info_hash, state, transaction_id, subject, template,"
                    " client_address, received_at, serial FROM request"
                    " WHERE ra = ?1 AND (?2 = '' OR state = ?2)"
                    " ORDER BY received_at DESC, csr_info_hash LIMIT ?3",
                    rows.ra, wanted, static_cast<std::int64_t>(maximum));
  std::vector<RequestSummary> found;
  Result<bool> row = query.next();
  for (; row && *row; row = query.next())
    found.push_back({.id = id_of(query.octets(0)),
                     .state = state_named(query.text(1)).value_or(RequestState::released),
                     .transaction_id = query.text(2),
                     .subject = query.text(3),
                     .certificate_template = query.text(4),
                     .client_address = query.text(5),
                     .received = query.time(6),
                     .serial = query.text(7)});
  if (!row) return std::unexpected(row.error());
  return found;
}

Result<std::optional<WaitingRequest>> waiting_request(const SqliteRows& rows,
                                                      const std::string& id) {
  SqliteQuery query(rows.connection,
                    "SELECT csr_info_hash, transaction_id, signer_key_hash, template, subject,"
                    " client_address, sealed_csr, renewal_of, password_mac, received_at"
                    " FROM request INDEXED BY request_pending"
                    " WHERE ra = ?1 AND state = 'pending'"
                    " AND lower(hex(substr(csr_info_hash, 1, 8))) = ?2",
                    rows.ra, id);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return WaitingRequest{.key = {query.octets(0), query.text(1), query.octets(2)},
                        .certificate_template = query.text(3),
                        .subject = query.text(4),
                        .client_address = query.text(5),
                        .sealed_csr = query.octets(6),
                        .renewal_of = query.text(7),
                        .password_mac = query.octets(8),
                        .received = query.time(9)};
}

Result<bool> claim_waiting(const SqliteRows& rows, const RequestKey& key) {
  const auto claimed =
      change(rows.connection,
             "UPDATE request SET claimed_at_us = ?3 WHERE ra = ?1 AND csr_info_hash = ?2"
             " AND state = 'pending' AND abs(?3 - claimed_at_us) >= ?4",
             rows.ra, key.csr_info_hash, rows.microseconds(), microseconds_of_claim);
  if (!claimed) return std::unexpected(claimed.error());
  return *claimed == 1;
}

Result<bool> deny_waiting(const SqliteRows& rows, const RequestKey& key, const StoredEvent& event) {
  const auto denied =
      change(rows.connection,
             "UPDATE request SET state = 'denied', sealed_csr = NULL"
             " WHERE ra = ?1 AND csr_info_hash = ?2 AND state = 'pending'"
             " AND abs(?3 - claimed_at_us) >= ?4",
             rows.ra, key.csr_info_hash, rows.microseconds(), microseconds_of_claim);
  if (!denied) return std::unexpected(denied.error());
  if (*denied == 0) return false;
  if (Status recorded = record_event(rows, event); !recorded)
    return std::unexpected(std::move(recorded).error());
  return true;
}

Result<std::size_t> expire_waiting(const SqliteRows& rows, Seconds life, const StoredEvent& event) {
  const auto expired = change(rows.connection,
                              "UPDATE request SET state = 'denied', sealed_csr = NULL"
                              " WHERE ra = ?1 AND state = 'pending' AND received_at <= ?2",
                              rows.ra, rows.seconds() - life.count());
  if (!expired) return expired;
  const std::int64_t old = rows.seconds() - (life + refused_are_kept).count();
  const auto forgotten =
      change(rows.connection,
             "DELETE FROM request WHERE ra = ?1 AND csr_info_hash IN"
             " (SELECT csr_info_hash FROM request INDEXED BY request_refused WHERE ra = ?1"
             " AND state IN ('released', 'denied') AND received_at <= ?2 LIMIT ?3)",
             rows.ra, old, purge_batch);
  if (!forgotten) return forgotten;
  const auto cleared =
      change(rows.connection,
             "UPDATE request SET sealed_csr = NULL WHERE ra = ?1 AND csr_info_hash IN"
             " (SELECT csr_info_hash FROM request INDEXED BY request_sealed WHERE ra = ?1"
             " AND state = 'issued' AND sealed_csr IS NOT NULL AND received_at <= ?2 LIMIT ?3)",
             rows.ra, old, purge_batch);
  if (!cleared) return cleared;
  if (*expired == 0) return expired;
  if (Status recorded = record_event(rows, event); !recorded)
    return std::unexpected(std::move(recorded).error());
  return expired;
}

}  // namespace scep_ra::store
