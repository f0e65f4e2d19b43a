#pragma once

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json_fwd.hpp>

#include "exchange.h"

namespace scep_ra::bench {

struct GetLoad {
  unsigned connections = 1;
  std::chrono::milliseconds duration{2000};
  pid_t server = 0;  // whose CPU time counts; 0: nobody's
};

// What came of it: every answer must be a 200 and as long as the first one.
struct GetTally {
  std::size_t answers = 0, others = 0, broken = 0;
  std::size_t octets = 0;  // of an answer's body
  std::chrono::duration<double> took{0};
  std::chrono::microseconds server_cpu{0};
  std::chrono::microseconds own_cpu{0};  // near the time it took: we are what was measured

  bool is_good() const { return answers > 0 && others == 0 && broken == 0; }
  nlohmann::json json() const;
};

// The same GET again and again, on connections that are kept.
GetTally repeat_get(const Target&, const std::string& query, const GetLoad&);

}  // namespace scep_ra::bench
