#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "ca/authority.h"
#include "crypto/crl.h"
#include "events/event_log.h"
#include "scep-ra/event.h"
#include "store/state_store.h"

namespace scep_ra::ca {

struct CrlRules {
  Path file;  // where the newest is put; empty: nowhere
  Seconds validity{};
};

// The CRL of one CA key: made from what the store says is revoked, kept there under a number that
// only rises, copied to a file. What it refers to outlives it. Thread-safe.
class CrlKeeper {
 public:
  CrlKeeper(const crypto::Library&, const Clock&, store::StateStore&, events::EventLog&,
            SigningAuthority, CrlRules);

  [[nodiscard]] const crypto::Certificate& certificate() const { return signing_.certificate; }
  [[nodiscard]] const crypto::PrivateKey& key() const { return signing_.key; }
  [[nodiscard]] const Buffer& id() const { return id_; }
  [[nodiscard]] bool in_force() const;  // the certificate is valid now

  [[nodiscard]] Result<std::optional<store::KeptCrl>> newest() const;
  // Makes one, keeps it with the event of it, and publishes it as far as that is possible.
  Result<store::KeptCrl> renew(const std::string& user, std::vector<Event>&);
  // Half of its life is over, or it does not say what the store says.
  [[nodiscard]] Result<bool> needs_renewal(const std::optional<store::KeptCrl>&) const;
  // Sees to it that the file holds it. Errc::unavailable.
  [[nodiscard]] Status publish(const store::KeptCrl&) const;

 private:
  [[nodiscard]] Result<std::vector<crypto::RevokedCertificate>> revoked() const;
  [[nodiscard]] Result<store::KeptCrl> write(std::uint64_t number) const;

  crypto::Library library_;
  const Clock& clock_;
  store::StateStore& store_;
  events::EventLog& events_;
  const SigningAuthority signing_;
  const CrlRules rules_;
  const Buffer id_;
};

}  // namespace scep_ra::ca
