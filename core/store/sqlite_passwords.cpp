#include "base/hex.h"
#include "base/secret.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"

namespace scep_ra::store {
namespace {

Result<std::size_t> count_outstanding(const SqliteRows& rows) {
  SqliteQuery query(rows.connection,
                    "SELECT count(*) FROM password"
                    " WHERE ra = ?1 AND expires_at > ?2 AND spent_for IS NULL",
                    rows.ra, rows.seconds());
  if (const Result<bool> row = query.next(); !row) return std::unexpected(row.error());
  return static_cast<std::size_t>(query.integer(0));
}

}  // namespace

Status add_password(const SqliteRows& rows, const Password& password, unsigned maximum,
                    const StoredEvent& event) {
  if (const auto purged = purge_passwords(rows); !purged) return std::unexpected(purged.error());
  if (maximum != 0) {
    const Result<std::size_t> outstanding = count_outstanding(rows);
    if (!outstanding) return std::unexpected(outstanding.error());
    if (*outstanding >= maximum)
      return fail(Errc::denied, Reason::password_cache_full,
                  std::to_string(*outstanding) + " passwords are outstanding");
  }
  const auto added = change(rows.connection,
                            "INSERT INTO password(ra, mac, user, created_at, expires_at)"
                            " VALUES(?1, ?2, ?3, ?4, ?5)",
                            rows.ra, password.mac, password.user, rows.seconds(),
                            rows.seconds() + password.validity.count());
  if (!added) return std::unexpected(added.error());
  return record_event(rows, event);
}

// The index finds a MAC octet by octet, so that time may tell how far a guess agrees with one that
// is there. That helps nobody: without the key, who chooses a password does not choose its MAC.
Result<bool> password_usable(const SqliteRows& rows, Bytes mac, Bytes csr_info_hash) {
  SqliteQuery query(rows.connection,
                    "SELECT mac FROM password"
                    " WHERE ra = ?1 AND mac = ?2 AND expires_at > ?3 AND spent_for IS NULL",
                    rows.ra, mac, rows.seconds());
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (*row && equal_in_constant_time(query.octets(0), mac)) return true;
  // In this order: whoever spends it meanwhile for this request has written that already.
  const auto request = request_row(rows, csr_info_hash);
  if (!request) return std::unexpected(request.error());
  return bound(*request, mac);
}

Result<std::vector<OutstandingPassword>> outstanding_passwords(const SqliteRows& rows) {
  SqliteQuery query(rows.connection,
                    "SELECT mac, user, created_at, expires_at FROM password"
                    " WHERE ra = ?1 AND expires_at > ?2 AND spent_for IS NULL"
                    " ORDER BY created_at, mac",
                    rows.ra, rows.seconds());
  std::vector<OutstandingPassword> found;
  Result<bool> row = query.next();
  for (; row && *row; row = query.next()) {
    const Buffer mac = query.octets(0);
    found.push_back({id_of(mac), query.text(1), query.time(2), query.time(3)});
  }
  if (!row) return std::unexpected(row.error());
  return found;
}

Result<std::size_t> revoke_passwords(const SqliteRows& rows, const std::string& id,
                                     const StoredEvent& event) {
  const auto revoked =
      change(rows.connection,
             "DELETE FROM password WHERE ra = ?1 AND expires_at > ?2 AND spent_for IS NULL"
             " AND (?3 = '' OR lower(hex(substr(mac, 1, 8))) = ?3)",
             rows.ra, rows.seconds(), id);
  if (!revoked || *revoked == 0) return revoked;
  if (Status recorded = record_event(rows, event); !recorded)
    return std::unexpected(std::move(recorded).error());
  return revoked;
}

Result<bool> spend_password(const SqliteRows& rows, Bytes mac, Bytes csr_info_hash) {
  const auto spent = change(rows.connection,
                            "UPDATE password SET spent_for = ?3 WHERE ra = ?1 AND mac = ?2"
                            " AND expires_at > ?4 AND spent_for IS NULL",
                            rows.ra, mac, csr_info_hash, rows.seconds());
  if (!spent) return std::unexpected(spent.error());
  return *spent == 1;
}

// The spent ones too: the request keeps the MAC that was spent for it, and for any other request a
// password that is gone is as dead as one that is spent.
Result<std::size_t> purge_passwords(const SqliteRows& rows) {
  return change(rows.connection,
                "DELETE FROM password WHERE ra = ?1 AND mac IN"
                " (SELECT mac FROM password WHERE ra = ?1 AND expires_at <= ?2 LIMIT ?3)",
                rows.ra, rows.seconds(), purge_batch);
}

}  // namespace scep_ra::store
