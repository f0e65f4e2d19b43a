#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"

namespace scep_ra::store {
namespace {

std::int64_t seconds(Time time) {
  return time.time_since_epoch().count();
}

// Follows renewal_of back to the first certificate.
Result<bool> ancestor_revoked(const SqliteRows& rows, const std::string& serial) {
  SqliteQuery query(rows.connection,
                    "WITH RECURSIVE ancestor(serial, renewal_of, revoked_at) AS ("
                    " SELECT serial, renewal_of, NULL FROM certificate"
                    " WHERE ra = ?1 AND serial = ?2"
                    " UNION SELECT older.serial, older.renewal_of, older.revoked_at"
                    " FROM certificate AS older JOIN ancestor"
                    " ON older.ra = ?1 AND older.serial = ancestor.renewal_of)"
                    " SELECT count(revoked_at) FROM ancestor",
                    rows.ra, serial);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  return query.integer(0) != 0;
}

}  // namespace

// The certificate it renews is the request's: a claim says so, not who records its outcome.
Status insert_certificate(const SqliteRows& rows, const Issue& issue) {
  const auto inserted =
      change(rows.connection,
             "INSERT INTO certificate(ra, serial, der, subject, template, not_before, not_after,"
             " issued_at, authority, renewal_of) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
             " (SELECT renewal_of FROM request WHERE ra = ?1 AND csr_info_hash = ?10))",
             rows.ra, issue.issued.serial, issue.issued.certificate, issue.subject,
             issue.certificate_template, seconds(issue.not_before), seconds(issue.not_after),
             rows.seconds(), issue.authority, issue.key.csr_info_hash);
  if (!inserted) return std::unexpected(inserted.error());
  return {};
}

Result<std::optional<StoredCertificate>> find_certificate(const SqliteRows& rows,
                                                          const std::string& serial) {
  SqliteQuery query(rows.connection,
                    "SELECT der, subject, template, not_before, not_after, revoked_at IS NOT NULL,"
                    " revoked_at, revocation_reason, renewal_of FROM certificate"
                    " WHERE ra = ?1 AND serial = ?2",
                    rows.ra, serial);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  StoredCertificate found{.issued = {serial, query.octets(0)},
                          .subject = query.text(1),
                          .certificate_template = query.text(2),
                          .not_before = query.time(3),
                          .not_after = query.time(4),
                          .revoked = std::nullopt,
                          .renewal_of = query.text(8)};
  if (query.integer(5) != 0)
    found.revoked = Revocation{query.time(6), static_cast<unsigned>(query.integer(7))};
  if (found.renewal_of.empty()) return found;
  const Result<bool> revoked = ancestor_revoked(rows, serial);
  if (!revoked) return std::unexpected(revoked.error());
  found.ancestor_revoked = *revoked;
  return found;
}

}  // namespace scep_ra::store
