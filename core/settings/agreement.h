#pragma once

#include "settings/faults.h"
#include "settings/settings.h"

namespace scep_ra::settings {

// Checks values against each other: what no single row can see.
void check_agreement(const Settings&, Faults&);

}  // namespace scep_ra::settings
