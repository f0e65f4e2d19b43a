#pragma once

#include <sys/types.h>

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "scep-ra/error.h"

namespace scep_ra::bench {

struct Options {
  std::string url, passwords, out, json;
  std::size_t requests = 0;
  std::size_t verify = std::numeric_limits<std::size_t>::max();
  unsigned connections = 1, keys = 4, deadline = 120;
  bool retry = false, all_at_once = false, close = false, get = false;
  double seconds = 2;
  pid_t server = 0;
};

// Nothing when the command line is wrong or asked for help only: that has been told, and
// `exit_code` is what is left to return.
std::optional<Options> read_options(int argc, const char* const* argv, int& exit_code);

// A password for each request to make; empty ones where requests carry none.
Result<std::vector<std::string>> passwords_of(const Options&);

}  // namespace scep_ra::bench
