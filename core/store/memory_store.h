#pragma once

#include <map>
#include <mutex>

#include "store/request_rules.h"
#include "store/state_store.h"

namespace scep_ra::store {

// A store that lives as long as the object: for tests.
class MemoryStore final : public StateStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

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

  std::vector<StoredEvent> events() const;

 private:
  struct PasswordRow {
    std::string user;
    Time created, expires;
    bool spent = false;
  };
  struct Request {
    RequestRow row;
    WaitingRequest waiting;  // of one that waits, or waited
  };
  using Requests = std::map<Buffer, Request>;
  void forget_expired() noexcept;
  bool outstanding(const PasswordRow&) const;
  bool other_open(const RequestKey&) const;
  std::optional<RequestRow> request(Bytes csr_info_hash) const;
  Request* open_request(const RequestKey&, bool waiting_too);
  Request* decidable(const RequestKey&);
  std::optional<ClaimOutcome> refused(const Claim&, const std::optional<RequestRow>&);
  std::size_t renewals_of(const Claim&) const;
  bool ancestor_revoked(std::string serial) const;

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  bool open_ = false;
  std::map<Buffer, PasswordRow> passwords_;                // by MAC
  Requests requests_;                                      // by csr_info_hash
  std::map<std::string, StoredCertificate> certificates_;  // by serial
  struct Lease {
    std::string holder;
    Instant until;
  };
  std::map<Buffer, KeptCrl> crls_;  // by authority
  std::map<std::string, Lease> leases_;
  std::vector<StoredEvent> events_;
};

}  // namespace scep_ra::store
