#pragma once

#include <chrono>
#include <vector>

#include "exchange.h"

namespace scep_ra::bench {

struct Load {
  unsigned connections = 1;
  bool at_once = false;                // opens every connection before it sends on any
  bool retry = false;                  // the same octets again after a broken connection or a 5xx
  std::chrono::seconds deadline{120};  // what has no answer by then has none
};

// Sends all of them and returns when each is answered or given up. One thread, one epoll: the
// generator must cost little next to the server it measures.
void run_load(const Target&, const Load&, std::vector<Exchange>&);

}  // namespace scep_ra::bench
