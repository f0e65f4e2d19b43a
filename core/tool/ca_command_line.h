#pragma once

#include "tool/verbs.h"

namespace CLI {
class App;
}

namespace scep_ra::tool {

// The verbs `certificate`, `crl` and `ca`. `exit_code` gets what the one that was named returns.
void add_ca_verbs(CLI::App&, const Command&, int& exit_code);

}  // namespace scep_ra::tool
