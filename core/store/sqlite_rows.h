#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "store/request_rules.h"
#include "store/state_store.h"

namespace scep_ra::store {

class SqliteConnection;

// One RA's rows, at one moment. The functions below are the operations of StateStore; the changing
// ones run inside a transaction of the writer.
struct SqliteRows {
  SqliteConnection& connection;
  const std::string& ra;
  Instant now;

  [[nodiscard]] std::int64_t seconds() const {
    return now.time_since_epoch() / std::chrono::seconds{1};
  }
  [[nodiscard]] std::int64_t microseconds() const { return now.time_since_epoch().count(); }
};

Status record_event(const SqliteRows&, const StoredEvent&);
Status probe(const SqliteRows&);

// sqlite_passwords.cpp
Status add_password(const SqliteRows&, const Password&, unsigned maximum, const StoredEvent&);
Result<bool> password_usable(const SqliteRows&, Bytes mac, Bytes csr_info_hash);
Result<std::vector<OutstandingPassword>> outstanding_passwords(const SqliteRows&);
Result<std::size_t> revoke_passwords(const SqliteRows&, const std::string& id, const StoredEvent&);
// Spends it for that request. False: it is unknown, expired, revoked or spent.
Result<bool> spend_password(const SqliteRows&, Bytes mac, Bytes csr_info_hash);
// Removes some that are expired: how many, at most `batch`.
inline constexpr std::int64_t purge_batch = 200;
Result<std::size_t> purge_passwords(const SqliteRows&);

// sqlite_requests.cpp
Result<std::optional<RequestRow>> request_row(const SqliteRows&, Bytes csr_info_hash);
Result<Known> find_request(const SqliteRows&, const RequestKey&);
Result<ClaimOutcome> spend_and_claim(const SqliteRows&, const Claim&);
Status record_issue(const SqliteRows&, const Issue&, const StoredEvent&);
Status release_claim(const SqliteRows&, const RequestKey&, const StoredEvent&);

// sqlite_waiting.cpp
Status record_pending(const SqliteRows&, const WaitingRequest&, const WaitingLimits&,
                      const StoredEvent&);
Result<Polled> poll_request(const SqliteRows&, const std::string& transaction_id,
                            Bytes signer_key_hash);
Result<std::vector<RequestSummary>> list_requests(const SqliteRows&, std::optional<RequestState>,
                                                  std::size_t maximum);
Result<std::optional<WaitingRequest>> waiting_request(const SqliteRows&, const std::string& id);
Result<bool> claim_waiting(const SqliteRows&, const RequestKey&);
Result<bool> deny_waiting(const SqliteRows&, const RequestKey&, const StoredEvent&);
Result<std::size_t> expire_waiting(const SqliteRows&, Seconds life, const StoredEvent&);

// sqlite_certificates.cpp
Status insert_certificate(const SqliteRows&, const Issue&);
Result<std::optional<StoredCertificate>> find_certificate(const SqliteRows&,
                                                          const std::string& serial);
Result<std::vector<StoredCertificate>> list_certificates(const SqliteRows&,
                                                         const CertificateFilter&,
                                                         std::size_t maximum);
Status revoke_certificate(const SqliteRows&, const std::string& serial, unsigned reason,
                          const StoredEvent&);

// sqlite_authority.cpp
Result<std::vector<RevokedSerial>> revoked_certificates(const SqliteRows&, Bytes authority,
                                                        Time expired_by);
Result<std::optional<KeptCrl>> find_crl(const SqliteRows&, Bytes authority);
Result<bool> keep_crl(const SqliteRows&, Bytes authority, const KeptCrl&, const StoredEvent&);
Result<bool> take_lease(const SqliteRows&, const std::string& name, const std::string& holder,
                        Seconds life);

}  // namespace scep_ra::store
