#pragma once

#include <chrono>
#include <string>

#include "base/bytes.h"
#include "target.h"

namespace scep_ra::bench {

using Monotonic = std::chrono::steady_clock;

// One message and what came of it. The HTTP request is made whole before the load begins.
struct Exchange {
  std::string request;
  int status = 0;  // of HTTP; 0: no answer
  std::string body;
  unsigned attempts = 0;
  unsigned broken = 0;          // attempts whose connection failed
  unsigned turned_away = 0;     // attempts answered with a 5xx
  Monotonic::time_point begun;  // of the first attempt
  Monotonic::time_point ended;
};

enum class Connections { kept, closed };  // after each answer

// POST of a pkiMessage (RFC 8894, 4.3).
Exchange make_exchange(const Target&, Bytes message, Connections);

// GET on a kept connection; the query without its question mark.
Exchange make_get(const Target&, const std::string& query);

}  // namespace scep_ra::bench
