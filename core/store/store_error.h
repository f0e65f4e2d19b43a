#pragma once

#include <string>
#include <utility>

#include "scep-ra/error.h"

namespace scep_ra::store {

// The store cannot answer now (keys-and-state B7): HTTP 503, and never a "no".
inline std::unexpected<Error> unavailable(std::string detail) {
  return fail(Errc::unavailable, Reason::store_unavailable, std::move(detail));
}

// What would be recorded belongs to a claim that ran out or was released.
inline std::unexpected<Error> claim_gone() {
  return fail(Errc::unavailable, Reason::request_in_progress, "the claim on this request is gone");
}

}  // namespace scep_ra::store
