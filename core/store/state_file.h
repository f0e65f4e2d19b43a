#pragma once

#include <cstdint>

#include "base/files.h"
#include "scep-ra/error.h"

namespace scep_ra::store {

enum class Absent : std::uint8_t {
  make,    // empty and 0600
  refuse,  // it is away: an empty one in its place would know no password (keys-and-state B7)
};

// Sees to it that the database file is there and that it and its folder are this user's and nobody
// else's to write. Errc::unavailable.
Status prepare_state_file(const Path&, Absent);

}  // namespace scep_ra::store
