#pragma once

#include <vector>

#include "crypto/certificate.h"
#include "crypto/library_context.h"
#include "scep-ra/error.h"
#include "tool/fingerprint.h"

namespace scep_ra::tool {

// What GetCACert gave, by role (scep-requirements C12, C14, C17): one RA certificate for both
// roles, a pair, or none: then the CA itself answers. The certificates' keyUsage decides; one that
// says nothing may do both.
struct CaBundle {
  std::vector<crypto::Certificate> authorities;  // CA certificates, in the order received
  std::vector<crypto::Certificate> signers;      // who may sign a CertRep
  crypto::Certificate recipient;                 // whom a request is encrypted for
};

// Errc::denied when there is no certificate at all.
Result<CaBundle> sorted_by_role(const std::vector<crypto::Certificate>&);

// GetCACert proves nothing by itself: the fingerprint must be that of a CA certificate in the
// bundle, and the chosen RA certificates must chain to it. Gives that CA certificate. Errc::denied.
Result<crypto::Certificate> trust(const crypto::Library&, const CaBundle&, const Fingerprint&);

// Whether `certificate` is that authority or was issued under it, by way of CA certificates in
// `between`: at most 8 steps. Validity is not looked at.
bool chains_to(const crypto::Library&, const crypto::Certificate& certificate,
               const crypto::Certificate& authority,
               const std::vector<crypto::Certificate>& between);

}  // namespace scep_ra::tool
