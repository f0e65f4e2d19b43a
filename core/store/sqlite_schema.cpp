#include "store/sqlite_schema.h"

#include <array>
#include <string>

#include "store/sqlite_connection.h"
#include "store/store_error.h"

namespace scep_ra::store {
namespace {

// Times are seconds since 1970, or microseconds where the name says so. Passwords are MACs; the
// octets of a CSR are never kept, since they hold its challengePassword.
constexpr const char* version_1 = R"(
  CREATE TABLE password(
    ra TEXT NOT NULL, mac BLOB NOT NULL, user TEXT NOT NULL,
    created_at INT NOT NULL, expires_at INT NOT NULL,
    spent_for BLOB,                      -- hash of a CertificationRequestInfo
    PRIMARY KEY(ra, mac)) WITHOUT ROWID, STRICT;
  CREATE INDEX password_by_expiry ON password(ra, expires_at);

  CREATE TABLE certificate(
    ra TEXT NOT NULL, serial TEXT NOT NULL, der BLOB NOT NULL,
    subject TEXT NOT NULL, template TEXT NOT NULL,
    not_before INT NOT NULL, not_after INT NOT NULL, issued_at INT NOT NULL,
    PRIMARY KEY(ra, serial)) STRICT;

  CREATE TABLE request(
    ra TEXT NOT NULL, csr_info_hash BLOB NOT NULL,
    transaction_id TEXT NOT NULL, signer_key_hash BLOB NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('claimed', 'released', 'issued')),
    claimed_at_us INT NOT NULL,
    password_mac BLOB NOT NULL,          -- empty: open enrolment
    template TEXT NOT NULL, serial TEXT,
    PRIMARY KEY(ra, csr_info_hash),
    CHECK((state = 'issued') = (serial IS NOT NULL)),
    FOREIGN KEY(ra, serial) REFERENCES certificate(ra, serial)) WITHOUT ROWID, STRICT;
  CREATE INDEX request_claimed ON request(ra, transaction_id) WHERE state = 'claimed';

  CREATE TABLE event(
    number INTEGER PRIMARY KEY, ra TEXT NOT NULL, time_us INT NOT NULL,
    id INT NOT NULL, json TEXT NOT NULL) STRICT;

  CREATE TABLE probe(ra TEXT PRIMARY KEY, time_us INT NOT NULL) WITHOUT ROWID, STRICT;
)";

// Requests that wait for an operator, renewals, revocation, and what the embedded CA keeps. A table
// is made anew where a CHECK changes. `authority`: SHA-256 of the issuer's SubjectPublicKeyInfo;
// empty in rows of version 1, which knew one CA an RA.
constexpr const char* version_2 = R"(
  ALTER TABLE certificate ADD COLUMN authority BLOB NOT NULL DEFAULT x'';
  ALTER TABLE certificate ADD COLUMN revoked_at INT;
  ALTER TABLE certificate ADD COLUMN revocation_reason INT;    -- CRLReason (RFC 5280, 5.3.1)
  ALTER TABLE certificate ADD COLUMN renewal_of TEXT;          -- serial of the one it renews
  CREATE INDEX certificate_revoked ON certificate(authority) WHERE revoked_at IS NOT NULL;

  DROP INDEX request_claimed;
  ALTER TABLE request RENAME TO request_1;
  CREATE TABLE request(
    ra TEXT NOT NULL, csr_info_hash BLOB NOT NULL,
    transaction_id TEXT NOT NULL, signer_key_hash BLOB NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('claimed', 'released', 'pending', 'denied', 'issued')),
    claimed_at_us INT NOT NULL,
    password_mac BLOB NOT NULL,          -- empty: renewal or open enrolment
    renewal_of TEXT,                     -- serial of the certificate that authorises it
    template TEXT NOT NULL, serial TEXT,
    received_at INT NOT NULL,
    subject TEXT NOT NULL DEFAULT '', client_address TEXT NOT NULL DEFAULT '',
    sealed_csr BLOB,                     -- under a key of state_secret, while it has to be kept
    PRIMARY KEY(ra, csr_info_hash),
    CHECK((state = 'issued') = (serial IS NOT NULL)),
    FOREIGN KEY(ra, serial) REFERENCES certificate(ra, serial)) WITHOUT ROWID, STRICT;
  INSERT INTO request(ra, csr_info_hash, transaction_id, signer_key_hash, state, claimed_at_us,
    password_mac, template, serial, received_at)
    SELECT ra, csr_info_hash, transaction_id, signer_key_hash, state, claimed_at_us,
    password_mac, template, serial, claimed_at_us / 1000000 FROM request_1;
  DROP TABLE request_1;
  CREATE INDEX request_open ON request(ra, transaction_id) WHERE state IN ('claimed', 'pending');
  CREATE INDEX request_pending ON request(ra, received_at) WHERE state = 'pending';
  CREATE INDEX request_refused ON request(ra, received_at) WHERE state IN ('released', 'denied');
  CREATE INDEX request_sealed ON request(ra, received_at)
    WHERE state = 'issued' AND sealed_csr IS NOT NULL;
  CREATE INDEX request_by_signer ON request(ra, signer_key_hash);
  CREATE INDEX request_renewing ON request(ra, renewal_of) WHERE renewal_of IS NOT NULL;

  CREATE TABLE crl(
    authority BLOB PRIMARY KEY, number INT NOT NULL,
    this_update INT NOT NULL, next_update INT NOT NULL, der BLOB NOT NULL) WITHOUT ROWID, STRICT;

  CREATE TABLE lease(
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, until_us INT NOT NULL) WITHOUT ROWID, STRICT;
)";

// One step a version: from nothing to 1, from 1 to 2, ...
constexpr std::array steps{version_1, version_2};
constexpr std::int64_t newest = std::ssize(steps);

Result<std::int64_t> version_of(SqliteConnection& connection) {
  SqliteQuery query(connection, "PRAGMA user_version");
  const Result<bool> row = query.next();
  if (!row) return std::unexpected(row.error());
  const std::int64_t version = query.integer(0);
  if (version > newest)
    return unavailable("the database has schema version " + std::to_string(version) +
                       ", the newest this program knows is " + std::to_string(newest));
  return version;
}

Status upgrade(SqliteConnection& connection) {
  const Result<std::int64_t> version = version_of(connection);
  if (!version) return std::unexpected(version.error());
  for (std::int64_t next = *version; next < newest; ++next)
    if (Status done = connection.execute(steps[static_cast<std::size_t>(next)]); !done) return done;
  const std::string mark = "PRAGMA user_version=" + std::to_string(newest);
  return connection.execute(mark.c_str());
}

}  // namespace

Status migrate(SqliteConnection& connection) {
  const Result<std::int64_t> version = version_of(connection);
  if (!version) return std::unexpected(version.error());
  if (*version == newest) return {};
  // What was read before the lock may be old: `upgrade` reads again. Closing the connection rolls
  // an unfinished one back.
  if (Status begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
  if (Status upgraded = upgrade(connection); !upgraded) return upgraded;
  return connection.execute("COMMIT");
}

}  // namespace scep_ra::store
