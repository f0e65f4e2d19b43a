#pragma once

#include "tool/verbs.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace scep_ra::tool {

// The verbs `certificate`, `crl` and `ca`. `exit_code` gets what the one that was named returns.
void add_ca_verbs(CLI::App&, const Command&, int& exit_code);

}  // namespace scep_ra::tool
