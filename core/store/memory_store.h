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

  std::vector<StoredEvent> events() const;

 private:
  struct PasswordRow {
    std::string user;
    Time created, expires;
    bool spent = false;
  };
  bool outstanding(const PasswordRow&) const;
  bool other_open(const RequestKey&) const;
  std::optional<RequestRow> request(Bytes csr_info_hash) const;
  RequestRow* claimed(const RequestKey&);

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  bool open_ = false;
  std::map<Buffer, PasswordRow> passwords_;    // by MAC
  std::map<Buffer, RequestRow> requests_;      // by csr_info_hash
  std::map<std::string, Issue> certificates_;  // by serial
  std::vector<StoredEvent> events_;
};

}  // namespace scep_ra::store
