#pragma once

#include <atomic>
#include <string>

#include "store/sqlite_readers.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_writer.h"
#include "store/state_store.h"

namespace scep_ra::store {

// A store in one SQLite database, for the processes of one machine (keys-and-state B4): a local
// disk, never NFS. The folder belongs to the user who runs it.
class SqliteStore final : public StateStore {
 public:
  SqliteStore(const Path& file, std::string ra, const Clock&);

  Status open() override;
  Status probe() override;
  Status record_event(const StoredEvent&) override;
  void purge() noexcept override;

  Status add_password(const Password&, unsigned maximum, const StoredEvent&) override;
  Result<bool> password_usable(Bytes mac, Bytes csr_info_hash) override;
  Result<std::vector<OutstandingPassword>> outstanding_passwords() override;
  Result<std::size_t> revoke_passwords(const std::string& id, const StoredEvent&) override;

  Result<Known> find_request(const RequestKey&) override;
  Result<ClaimOutcome> spend_and_claim(const Claim&) override;
  Status record_issue(const Issue&, const StoredEvent&) override;
  Status release_claim(const RequestKey&, const StoredEvent&) override;
  Status record_pending(const WaitingRequest&, const WaitingLimits&, const StoredEvent&) override;
  Result<Polled> poll_request(const std::string& transaction_id, Bytes signer_key_hash) override;
  Result<std::vector<RequestSummary>> list_requests(std::optional<RequestState>,
                                                    std::size_t maximum) override;
  Result<std::optional<WaitingRequest>> waiting_request(const std::string& id) override;
  Result<bool> claim_waiting(const RequestKey&) override;
  Result<bool> deny_waiting(const RequestKey&, const StoredEvent&) override;
  Result<std::size_t> expire_waiting(Seconds life, const StoredEvent&) override;

  Result<std::optional<StoredCertificate>> find_certificate(const std::string& serial) override;
  Result<std::vector<StoredCertificate>> list_certificates(const CertificateFilter&,
                                                           std::size_t maximum) override;
  Status revoke_certificate(const std::string& serial, unsigned reason,
                            const StoredEvent&) override;
  Result<std::vector<RevokedSerial>> revoked_certificates(Bytes authority,
                                                          Time expired_by) override;
  Result<std::optional<KeptCrl>> find_crl(Bytes authority) override;
  Result<bool> keep_crl(Bytes authority, const KeptCrl&, const StoredEvent&) override;
  Result<bool> take_lease(const std::string& name, const std::string& holder,
                          Seconds life) override;

 private:
  template <class Operation>
  auto read(const Operation&);
  template <class Operation>
  auto write(const Operation&);
  SqliteRows rows(SqliteConnection&) const;

  const std::string ra_;
  const Clock& clock_;
  std::atomic<bool> open_ = false;
  SqliteWriter writer_;
  SqliteReaders readers_;
};

}  // namespace scep_ra::store
