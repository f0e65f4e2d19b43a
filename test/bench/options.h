#pragma once

#include <sys/types.h>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "scep-ra/error.h"

namespace CLI {
class App;
}

namespace scep_ra::bench {

struct Options {
  std::string url, passwords, out, json;
  std::size_t requests = 0;
  std::size_t verify = std::numeric_limits<std::size_t>::max();
  unsigned connections = 1, keys = 4, deadline = 120;
  bool retry = false, all_at_once = false, close = false;
  pid_t server = 0;
};

void add_options(CLI::App&, Options&);

// A password for each request to make; empty ones where requests carry none.
Result<std::vector<std::string>> passwords_of(const Options&);

}  // namespace scep_ra::bench
