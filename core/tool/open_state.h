#pragma once

#include <memory>
#include <string>

#include "parts.h"

namespace scep_ra::tool {

// The RA of a configuration with its store and event sinks open.
struct Opened {
  std::unique_ptr<Parts> parts;
  std::string user;  // who runs the command, for events: "os:NAME"
};

// Configuration and keys are root's to read, the state is its owner's to write, so root becomes
// that owner in between. Errc::config, Errc::unavailable.
Result<Opened> open_state(const Path& configuration);

}  // namespace scep_ra::tool
