#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/crl.h"
#include "scep-ra/error.h"
#include "scep-ra/event.h"
#include "store/state_store.h"

namespace scep_ra::ca {

// What `revoke` did: the certificate, and the CRL that tells of it.
struct Revoked {
  crypto::Certificate certificate;
  Result<store::KeptCrl> crl;  // an error: it is revoked, and `maintain` will tell
};

// What only an embedded CA can do. The store must be open. Thread-safe; any process.
class LocalCaAdministration {
 public:
  virtual ~LocalCaAdministration() = default;

  // Revokes a certificate that this RA issued, durably and with the event of it, then makes a new
  // CRL. `remove_from_crl` lifts a `certificate_hold`. `user`: who says so, for the event.
  // Errc::denied when there is none of that serial number, or it is revoked already.
  virtual Result<Revoked> revoke(const std::string& serial, crypto::CrlReason,
                                 const std::string& user) = 0;

  // The newest CRL of the CA in force, made when there is none yet.
  virtual Result<store::KeptCrl> current_crl() = 0;
  // The same of the CA, in force or former, that has this name (a whole Name element). Empty: it is
  // none of ours, or its key is gone.
  virtual Result<std::optional<store::KeptCrl>> crl_of(Bytes issuer) = 0;
  // Makes a new one of the CA in force.
  virtual Result<store::KeptCrl> renew_crl(const std::string& user) = 0;
  // Renews each CRL after half its life or when a revocation is not in it yet, one process at a
  // time, and sees to it that the files hold the newest. What the server's log should have.
  virtual std::vector<Event> maintain() = 0;
  // Whether a CRL is past its end, so that verifiers refuse what this CA issued.
  virtual bool crl_outdated() = 0;

  // The successor of the CA in force, what is above it and its RA certificates; empty: none.
  [[nodiscard]] virtual const std::vector<crypto::Certificate>& successor() const = 0;
  // The body of GetNextCACert (RFC 8894, 4.7.1); empty: there is no successor.
  [[nodiscard]] virtual Result<Buffer> announcement() const = 0;
};

}  // namespace scep_ra::ca
