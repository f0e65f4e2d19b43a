#pragma once

#include "parts.h"
#include "tool/configuration_change.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

// How a change of the CA ends: makes it, keeps the event of it, says what the configuration has now
// and that the web server has to be told. `note`: what else the operator should know; may be empty.
int finish_change(const Command&, ConfigurationChange&, const std::string& what,
                  const std::string& note);

}  // namespace scep_ra::tool
