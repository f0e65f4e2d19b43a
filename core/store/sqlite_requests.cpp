#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"
#include "store/store_error.h"

namespace scep_ra::store {
namespace {

Result<bool> other_open(const SqliteRows& rows, const RequestKey& key) {
  SqliteQuery query(
      rows.connection,
      // Told so, or SQLite goes through all requests of this RA.
      "SELECT csr_info_hash, claimed_at_us, state FROM request INDEXED BY request_open"
      " WHERE ra = ?1 AND transaction_id = ?2 AND state IN ('claimed', 'pending')",
      rows.ra, key.transaction_id);
  Result<bool> row = query.next();
  for (; row && *row; row = query.next()) {
    const Instant claimed_at{std::chrono::microseconds{query.integer(1)}};
    const auto state = state_named(query.text(2)).value_or(RequestState::pending);
    if (!equal(query.octets(0), key.csr_info_hash) &&
        holds_transaction(state, claimed_at, rows.now))
      return true;
  }
  return row;
}

Status write_claim(const SqliteRows& rows, const Claim& claim) {
  const std::string renewal_of = claim.renewal_of ? claim.renewal_of->serial : std::string();
  const auto written = change(
      rows.connection,
      "INSERT INTO request(ra, csr_info_hash, transaction_id, signer_key_hash, state,"
      " claimed_at_us, password_mac, template, renewal_of, received_at)"
      " VALUES(?1, ?2, ?3, ?4, 'claimed', ?5, ?6, ?7, nullif(?8, ''), ?9)"
      " ON CONFLICT(ra, csr_info_hash) DO UPDATE SET transaction_id = ?3, signer_key_hash = ?4,"
      " state = 'claimed', claimed_at_us = ?5, password_mac = ?6, template = ?7,"
      " renewal_of = nullif(?8, ''), received_at = ?9, serial = NULL, sealed_csr = NULL",
      rows.ra, claim.key.csr_info_hash, claim.key.transaction_id, claim.key.signer_key_hash,
      rows.microseconds(), claim.password_mac, claim.certificate_template, renewal_of,
      rows.seconds());
  if (!written) return std::unexpected(written.error());
  return {};
}

// The requests but this one that a certificate authorises and that were not refused.
Result<std::size_t> renewals_of(const SqliteRows& rows, const Claim& claim) {
  SqliteQuery query(rows.connection,
                    "SELECT count(*) FROM request INDEXED BY request_renewing"
                    " WHERE ra = ?1 AND renewal_of = ?2 AND csr_info_hash <> ?3"
                    " AND state IN ('claimed', 'pending', 'issued')",
                    rows.ra, claim.renewal_of->serial, claim.key.csr_info_hash);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  return static_cast<std::size_t>(query.integer(0));
}

// Empty: the claim may be written. Judged in the transaction that writes it: a certificate that is
// revoked meanwhile authorises nothing (threats-and-tests R6).
Result<std::optional<ClaimOutcome>> authorised_by_certificate(const SqliteRows& rows,
                                                              const Claim& claim) {
  const auto certificate = find_certificate(rows, claim.renewal_of->serial);
  if (!certificate) return std::unexpected(certificate.error());
  if (!*certificate) return CertificateRevoked{};
  const auto renewals = renewals_of(rows, claim);
  if (!renewals) return std::unexpected(renewals.error());
  return renewal_refused(**certificate, *claim.renewal_of, *renewals);
}

// The same for a password, which is spent.
Result<std::optional<ClaimOutcome>> authorised_by_password(const SqliteRows& rows,
                                                           const Claim& claim,
                                                           const std::optional<RequestRow>& row) {
  if (claim.password_mac.empty() || bound(row, claim.password_mac)) return std::nullopt;
  const auto spent = spend_password(rows, claim.password_mac, claim.key.csr_info_hash);
  if (!spent) return std::unexpected(spent.error());
  if (!*spent) return PasswordSpent{};
  return std::nullopt;
}

}  // namespace

Result<std::optional<RequestRow>> request_row(const SqliteRows& rows, Bytes csr_info_hash) {
  SqliteQuery query(rows.connection,
                    "SELECT transaction_id, signer_key_hash, state, claimed_at_us, password_mac,"
                    " serial, der, not_after, request.renewal_of"
                    " FROM request LEFT JOIN certificate USING(ra, serial)"
                    " WHERE ra = ?1 AND csr_info_hash = ?2",
                    rows.ra, csr_info_hash);
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const std::optional<RequestState> state = state_named(query.text(2));
  if (!state) return unavailable("a request is in no known state");
  RequestRow found{.transaction_id = query.text(0),
                   .signer_key_hash = query.octets(1),
                   .state = *state,
                   .claimed_at = Instant{std::chrono::microseconds{query.integer(3)}},
                   .password_mac = query.octets(4),
                   .renewal_of = query.text(8),
                   .issued = std::nullopt,
                   .not_after = {}};
  if (*state == RequestState::issued) {
    found.issued = IssuedCertificate{query.text(5), query.octets(6)};
    found.not_after = query.time(7);
    if (found.issued->certificate.empty()) return unavailable("an issued certificate is missing");
  }
  return found;
}

Result<Known> find_request(const SqliteRows& rows, const RequestKey& key) {
  const auto row = request_row(rows, key.csr_info_hash);
  if (!row) return std::unexpected(row.error());
  const Result<bool> open = other_open(rows, key);
  if (!open) return std::unexpected(open.error());
  return known(*row, key, *open, rows.now);
}

Result<ClaimOutcome> spend_and_claim(const SqliteRows& rows, const Claim& claim) {
  const auto row = request_row(rows, claim.key.csr_info_hash);
  if (!row) return std::unexpected(row.error());
  const Result<bool> open = other_open(rows, claim.key);
  if (!open) return std::unexpected(open.error());
  if (std::optional<ClaimOutcome> outcome = settled(*row, claim, *open, rows.now))
    return *std::move(outcome);

  const auto refused = claim.renewal_of ? authorised_by_certificate(rows, claim)
                                        : authorised_by_password(rows, claim, *row);
  if (!refused) return std::unexpected(refused.error());
  if (*refused) return **refused;
  if (Status written = write_claim(rows, claim); !written)
    return std::unexpected(std::move(written).error());
  return ClaimWon{};
}

Status record_issue(const SqliteRows& rows, const Issue& issue, const StoredEvent& event) {
  if (Status inserted = insert_certificate(rows, issue); !inserted) return inserted;
  const auto issued =
      change(rows.connection,
             "UPDATE request SET state = 'issued', serial = ?5,"
             " sealed_csr = iif(?6, sealed_csr, NULL)"
             " WHERE ra = ?1 AND csr_info_hash = ?2 AND transaction_id = ?3"
             " AND signer_key_hash = ?4 AND state IN ('claimed', 'pending')",
             rows.ra, issue.key.csr_info_hash, issue.key.transaction_id, issue.key.signer_key_hash,
             issue.issued.serial, std::int64_t{issue.keep_sealed_csr});
  if (!issued) return std::unexpected(issued.error());
  if (*issued == 0) return claim_gone();
  return record_event(rows, event);
}

Status release_claim(const SqliteRows& rows, const RequestKey& key, const StoredEvent& event) {
  const auto released = change(rows.connection,
                               "UPDATE request SET state = 'released'"
                               " WHERE ra = ?1 AND csr_info_hash = ?2 AND transaction_id = ?3"
                               " AND signer_key_hash = ?4 AND state = 'claimed'",
                               rows.ra, key.csr_info_hash, key.transaction_id, key.signer_key_hash);
  if (!released) return std::unexpected(released.error());
  return record_event(rows, event);
}

}  // namespace scep_ra::store
