#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"

namespace scep_ra::store {

Status record_event(const SqliteRows& rows, const StoredEvent& event) {
  const auto recorded =
      change(rows.connection, "INSERT INTO event(ra, time_us, id, json) VALUES(?1, ?2, ?3, ?4)",
             rows.ra, rows.microseconds(), event.id, event.json);
  if (!recorded) return std::unexpected(recorded.error());
  return {};
}

Status probe(const SqliteRows& rows) {
  const auto written = change(rows.connection,
                              "INSERT INTO probe(ra, time_us) VALUES(?1, ?2)"
                              " ON CONFLICT(ra) DO UPDATE SET time_us = ?2",
                              rows.ra, rows.microseconds());
  if (!written) return std::unexpected(written.error());
  return {};
}

}  // namespace scep_ra::store
