#pragma once

#include "base/files.h"
#include "scep-ra/error.h"

namespace scep_ra::store {

// Makes the database file when it is not there, empty and 0600, and sees to it that it and its
// folder are this user's and nobody else's to write. Errc::unavailable.
Status prepare_state_file(const Path&);

}  // namespace scep_ra::store
