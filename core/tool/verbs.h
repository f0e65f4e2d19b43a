#pragma once

#include <CLI/CLI.hpp>

#include "base/files.h"

namespace scep_ra::tool {

// What every verb is given, and the exit code it leaves.
struct Command {
  Path configuration = "/etc/scep-ra/scep-ra.toml";
  bool json = false;
  int exit_code = 0;
};

// Each adds one verb: its options, its help and, run when the verb was named, its work.
void add_init(CLI::App&, Command&);
void add_check(CLI::App&, Command&);
void add_password(CLI::App&, Command&);
void add_enrol(CLI::App&, Command&);

}  // namespace scep_ra::tool
