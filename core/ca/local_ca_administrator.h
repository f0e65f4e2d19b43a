#pragma once

#include <deque>
#include <mutex>

#include "ca/crl_keeper.h"
#include "ca/local_ca_administration.h"

namespace scep_ra::ca {

// Administers the embedded CA from the store. What it refers to outlives it.
class LocalCaAdministrator final : public LocalCaAdministration {
 public:
  // `authorities`: the CA in force, then former ones whose key is still here. `rules.file` may hold
  // `{key}`; without it only the CA in force has a file. `successor`: as `successor()` gives it.
  LocalCaAdministrator(const crypto::Library&, const Clock&, store::StateStore&, events::EventLog&,
                       std::vector<SigningAuthority> authorities, const CrlRules& rules,
                       std::vector<crypto::Certificate> successor);

  Result<Revoked> revoke(const std::string& serial, crypto::CrlReason,
                         const std::string& user) override;
  Result<store::KeptCrl> current_crl() override;
  Result<std::optional<store::KeptCrl>> crl_of(Bytes issuer) override;
  Result<store::KeptCrl> renew_crl(const std::string& user) override;
  std::vector<Event> maintain() override;
  bool crl_outdated() override;
  [[nodiscard]] const std::vector<crypto::Certificate>& successor() const override {
    return successor_;
  }
  [[nodiscard]] Result<Buffer> announcement() const override;

 private:
  CrlKeeper* keeper_for(const crypto::Certificate& issued);
  std::string holder();
  Status maintain(CrlKeeper&, std::vector<Event>&);
  void tell_problem(const Error&, std::vector<Event>&);

  crypto::Library library_;
  const Clock& clock_;
  store::StateStore& store_;
  events::EventLog& events_;
  std::deque<CrlKeeper> keepers_;  // the CA in force is the first
  const std::vector<crypto::Certificate> successor_;
  std::mutex mutex_;     // guards what follows
  std::string holder_;   // of leases; made after the fork, so another in each process
  std::string problem_;  // told last
  Time tell_again_;
};

}  // namespace scep_ra::ca
