#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace scep_ra::bench {

// Calls `work(index)` for every index below `count`, on all cores. `work` does not throw.
template <class Work>
void in_parallel(std::size_t count, const Work& work) {
  const std::size_t step = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> threads;
  for (std::size_t first = 0; first < step; ++first)
    threads.emplace_back([=, &work] {
      for (std::size_t index = first; index < count; index += step) work(index);
    });
}

}  // namespace scep_ra::bench
