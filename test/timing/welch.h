#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace scep_ra::test {

// One kind of input whose time is compared with the others'. `prepare` makes the next input, fresh
// each time, before the clock runs; `run` is what is measured.
struct TimedClass {
  std::string name;
  std::function<void()> prepare;
};

struct Comparison {
  std::string first, second;
  double t = 0;              // Welch's t of the two means
  double difference = 0;     // of the means, ns
  double mean = 0;           // of the first, ns
  double smallest_seen = 0;  // a difference of so many ns would have given |t| = 4.5
};

// Measures `run` after each class's `prepare`, `samples` times each, in an order drawn anew for
// each round, so that what the machine does meanwhile falls on all alike. Compares every pair.
//
// The slowest tenth of all samples together is left out, whatever class they are of: there the
// scheduler is measured and not the code. The bound is chosen blind to the classes, so that a class
// that is slower as a whole still shows.
std::vector<Comparison> compare_times(const std::vector<TimedClass>&,
                                      const std::function<void()>& run, std::size_t samples);

// 4.5 is what TVLA and dudect take: by chance once in 150,000 comparisons.
inline constexpr double telling_t = 4.5;

// Pairs of classes that differ each time, in the same direction: up to `rounds` measurements, each
// with its own inputs, the next only when the last one found something. A leak shows in all of
// them; noise of a busy machine does not come back for the same pair with the same sign.
std::vector<Comparison> lasting_differences(
    const std::function<std::vector<Comparison>()>& measurement, unsigned rounds = 3);

// One line a comparison.
std::string told(const std::vector<Comparison>&);

}  // namespace scep_ra::test
