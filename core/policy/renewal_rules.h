#pragma once

#include "crypto/certificate.h"
#include "crypto/csr.h"
#include "policy/approved_request.h"
#include "policy/template.h"
#include "scep-ra/error.h"

namespace scep_ra::policy {

// Judges whether a certificate authorises a request for its successor (scep-requirements N12, N17;
// threats-and-tests A7, A8): valid now, for signatures, in the last part of its life that the
// template allows, and the request for the very same names, value by value and in order. That the
// certificate is one of ours is the caller's to prove, and that neither it nor an ancestor is
// revoked or has authorised too many: what the store says of it counts when it is claimed.
// Errc::denied; the detail names what differs.
Result<Authorisation> judge_renewal(const crypto::Certificate& former, const crypto::Csr&,
                                    const Template&, Time now);

}  // namespace scep_ra::policy
