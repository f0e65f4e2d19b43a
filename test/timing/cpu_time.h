#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace scep_ra::test {

using Nanoseconds = std::chrono::nanoseconds;

// What this thread has computed since it began; waiting does not count.
inline Nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

// The least of several runs: what it costs, without what the machine did meanwhile.
template <class Work>
Nanoseconds least_cost(const Work& work, unsigned runs = 7) {
  Nanoseconds least = Nanoseconds::max();
  while (runs-- > 0) {
    const Nanoseconds begin = cpu_time();
    work();
    least = std::min(least, cpu_time() - begin);
  }
  return least;
}

inline double milliseconds(Nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace scep_ra::test
