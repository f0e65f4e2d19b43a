#include "support/still_time.h"

#include <time.h>

#include <utility>

namespace {
std::chrono::nanoseconds since_start{0};
std::chrono::nanoseconds seen{0};
}  // namespace

// Both stand before the libraries' own, since they are the program's.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  return time_point(since_start);
}

extern "C" int nanosleep(const timespec* wanted, timespec*) {
  since_start += std::chrono::seconds(wanted->tv_sec) + std::chrono::nanoseconds(wanted->tv_nsec);
  return 0;
}

namespace scep_ra::fuzz {

std::chrono::nanoseconds slept() noexcept {
  return since_start - std::exchange(seen, since_start);
}

}  // namespace scep_ra::fuzz
