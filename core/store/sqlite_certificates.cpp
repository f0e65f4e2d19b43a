#include <limits>

#include "store/revocation_rules.h"
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

// Of the columns that the two queries below name.
StoredCertificate certificate_in(const SqliteQuery& query) {
  StoredCertificate found{.issued = {query.text(0), query.octets(1)},
                          .subject = query.text(2),
                          .certificate_template = query.text(3),
                          .not_before = query.time(4),
                          .not_after = query.time(5),
                          .revoked = std::nullopt,
                          .renewal_of = query.text(9),
                          .authority = query.octets(10)};
  if (query.integer(6) != 0)
    found.revoked = Revocation{query.time(7), static_cast<unsigned>(query.integer(8))};
  return found;
}

std::string_view word(CertificateFilter::State state) {
  switch (state) {
    case CertificateFilter::State::all:
      return "all";
    case CertificateFilter::State::valid:
      return "valid";
    case CertificateFilter::State::revoked:
      return "revoked";
    case CertificateFilter::State::expiring:
      return "expiring";
  }
  return "all";
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
                    "SELECT serial, der, subject, template, not_before, not_after,"
                    " revoked_at IS NOT NULL, revoked_at, revocation_reason, renewal_of, authority"
                    " FROM certificate WHERE ra = ?1 AND serial = ?2",
                    rows.ra, serial);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  StoredCertificate found = certificate_in(query);
  if (found.renewal_of.empty()) return found;
  const Result<bool> revoked = ancestor_revoked(rows, serial);
  if (!revoked) return std::unexpected(revoked.error());
  found.ancestor_revoked = *revoked;
  return found;
}

Result<std::vector<StoredCertificate>> list_certificates(const SqliteRows& rows,
                                                         const CertificateFilter& filter,
                                                         std::size_t maximum) {
  using State = CertificateFilter::State;
  const bool ending = filter.state == State::expiring;
  const std::int64_t latest =
      ending ? rows.seconds() + filter.within.count() : std::numeric_limits<std::int64_t>::max();
  SqliteQuery query(rows.connection,
                    "SELECT serial, der, subject, template, not_before, not_after,"
                    " revoked_at IS NOT NULL, revoked_at, revocation_reason, renewal_of, authority"
                    " FROM certificate WHERE ra = ?1 AND (?2 = 'all' OR (?2 = 'revoked' AND "
                    "revoked_at IS NOT NULL)"
                    " OR (?2 IN ('valid', 'expiring') AND revoked_at IS NULL"
                    " AND not_after > ?3 AND not_after <= ?4))"
                    " ORDER BY CASE ?2 WHEN 'expiring' THEN not_after ELSE -not_before END, serial"
                    " LIMIT ?5",
                    rows.ra, word(filter.state), rows.seconds(), latest,
                    static_cast<std::int64_t>(maximum));
  std::vector<StoredCertificate> found;
  Result<bool> row = query.next();
  for (; row && *row; row = query.next()) found.push_back(certificate_in(query));
  if (!row) return std::unexpected(row.error());
  return found;
}

Status revoke_certificate(const SqliteRows& rows, const std::string& serial, unsigned reason,
                          const StoredEvent& event) {
  const auto found = find_certificate(rows, serial);
  if (!found) return std::unexpected(found.error());
  if (!*found) return no_certificate(serial);
  const auto after =
      revocation_after(serial, (*found)->revoked, reason, Time{Seconds{rows.seconds()}});
  if (!after) return std::unexpected(after.error());
  const auto written =
      *after ? change(rows.connection,
                      "UPDATE certificate SET revoked_at = ?3, revocation_reason = ?4"
                      " WHERE ra = ?1 AND serial = ?2",
                      rows.ra, serial, seconds((*after)->at), std::int64_t{(*after)->reason})
             : change(rows.connection,
                      "UPDATE certificate SET revoked_at = NULL, revocation_reason = NULL"
                      " WHERE ra = ?1 AND serial = ?2",
                      rows.ra, serial);
  if (!written) return std::unexpected(written.error());
  return record_event(rows, event);
}

}  // namespace scep_ra::store
