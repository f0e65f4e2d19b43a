#pragma once

#include <optional>
#include <string>

#include "store/state_store.h"

namespace scep_ra::store {

// What becomes of a certificate that is or is not revoked when an operator says `reason`; empty: a
// hold is lifted. Errc::denied, certificate_revoked.
Result<std::optional<Revocation>> revocation_after(const std::string& serial,
                                                   const std::optional<Revocation>& before,
                                                   unsigned reason, Time now);

// That this RA issued none of that serial number.
std::unexpected<Error> no_certificate(const std::string& serial);

}  // namespace scep_ra::store
