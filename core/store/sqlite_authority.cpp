#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"

namespace scep_ra::store {
namespace {

std::int64_t seconds(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

Result<std::vector<RevokedSerial>> revoked_certificates(const SqliteRows& rows, Bytes authority,
                                                        Time expired_by) {
  SqliteQuery query(rows.connection,
                    "SELECT serial, revoked_at, revocation_reason FROM certificate"
                    " WHERE revoked_at IS NOT NULL AND authority IN (?1, x'')"
                    " AND (authority <> x'' OR ra = ?2) AND not_after > ?3"
                    " ORDER BY revoked_at, serial",
                    authority, rows.ra, seconds(expired_by));
  std::vector<RevokedSerial> found;
  Result<bool> row = query.next();
  for (; row && *row; row = query.next())
    found.push_back({query.text(0), {query.time(1), static_cast<unsigned>(query.integer(2))}});
  if (!row) return std::unexpected(row.error());
  return found;
}

Result<std::optional<KeptCrl>> find_crl(const SqliteRows& rows, Bytes authority) {
  SqliteQuery query(rows.connection,
                    "SELECT number, this_update, next_update, der FROM crl WHERE authority = ?1",
                    authority);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return KeptCrl{static_cast<std::uint64_t>(query.integer(0)), query.time(1), query.time(2),
                 query.octets(3)};
}

Result<bool> keep_crl(const SqliteRows& rows, Bytes authority, const KeptCrl& crl,
                      const StoredEvent& event) {
  const auto kept = change(rows.connection,
                           "INSERT INTO crl(authority, number, this_update, next_update, der)"
                           " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(authority) DO UPDATE"
                           " SET number = ?2, this_update = ?3, next_update = ?4, der = ?5"
                           " WHERE excluded.number > crl.number",
                           authority, static_cast<std::int64_t>(crl.number),
                           seconds(crl.this_update), seconds(crl.next_update), crl.der);
  if (!kept) return std::unexpected(kept.error());
  if (*kept == 0) return false;
  if (Status recorded = record_event(rows, event); !recorded)
    return std::unexpected(std::move(recorded).error());
  return true;
}

// A lease that ends later than any would was taken before the clock was set back: it has run out.
Result<bool> take_lease(const SqliteRows& rows, const std::string& name, const std::string& holder,
                        Seconds life) {
  const std::int64_t until = rows.microseconds() + std::chrono::microseconds(life).count();
  const auto taken = change(rows.connection,
                            "INSERT INTO lease(name, holder, until_us) VALUES(?1, ?2, ?3)"
                            " ON CONFLICT(name) DO UPDATE SET holder = ?2, until_us = ?3"
                            " WHERE lease.holder = ?2 OR lease.until_us <= ?4"
                            " OR lease.until_us > ?3",
                            name, holder, until, rows.microseconds());
  if (!taken) return std::unexpected(taken.error());
  return *taken == 1;
}

}  // namespace scep_ra::store
