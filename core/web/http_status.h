#pragma once

#include "scep-ra/error.h"

namespace scep_ra::web {

// Failures that no CertRep can carry become HTTP status codes here and nowhere else
// (scep-requirements T24); those that one can are `scep::fail_info`'s.
int http_status(Errc) noexcept;

}  // namespace scep_ra::web
