#include "welch.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <random>
#include <sstream>

namespace scep_ra::test {
namespace {

struct Moments {
  double count = 0, mean = 0, variance = 0;
};

Moments moments_of(const std::vector<double>& times, double bound) {
  Moments of;
  double squares = 0;
  for (const double time : times) {
    if (time > bound) continue;
    of.count += 1;
    const double delta = time - of.mean;
    of.mean += delta / of.count;
    squares += delta * (time - of.mean);
  }
  of.variance = squares / std::max(of.count - 1, 1.0);
  return of;
}

double bound_of(const std::vector<std::vector<double>>& all) {
  std::vector<double> pooled;
  for (const auto& times : all) pooled.insert(pooled.end(), times.begin(), times.end());
  const auto ninth = pooled.begin() + static_cast<std::ptrdiff_t>(pooled.size() * 9 / 10);
  std::ranges::nth_element(pooled, ninth);
  return *ninth;
}

Comparison compared(const TimedClass& one, const Moments& a, const TimedClass& other,
                    const Moments& b) {
  const double error = std::sqrt(a.variance / a.count + b.variance / b.count);
  const double difference = a.mean - b.mean;
  return {one.name,   other.name, error > 0 ? difference / error : 0,
          difference, a.mean,     telling_t * error};
}

bool is_telling(const Comparison& one) {
  return std::abs(one.t) >= telling_t;
}

}  // namespace

std::vector<Comparison> compare_times(const std::vector<TimedClass>& classes,
                                      const std::function<void()>& run, std::size_t samples) {
  std::vector<std::vector<double>> times(classes.size());
  std::vector<std::size_t> order(classes.size());
  for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
  std::mt19937 random(std::random_device{}());
  const std::size_t warming_up = std::min<std::size_t>(samples / 10, 200);
  for (std::size_t sample = 0; sample < samples + warming_up; ++sample) {
    std::ranges::shuffle(order, random);
    for (const std::size_t which : order) {
      classes[which].prepare();
      const auto begin = std::chrono::steady_clock::now();
      run();
      const auto took = std::chrono::steady_clock::now() - begin;
      if (sample >= warming_up)
        times[which].push_back(std::chrono::duration<double, std::nano>(took).count());
    }
  }
  const double bound = bound_of(times);
  std::vector<Comparison> all;
  for (std::size_t one = 0; one < classes.size(); ++one)
    for (std::size_t other = one + 1; other < classes.size(); ++other)
      all.push_back(compared(classes[one], moments_of(times[one], bound), classes[other],
                             moments_of(times[other], bound)));
  return all;
}

std::vector<Comparison> lasting_differences(
    const std::function<std::vector<Comparison>()>& measurement, unsigned rounds) {
  std::vector<Comparison> lasting = measurement();
  std::erase_if(lasting, [](const Comparison& one) { return !is_telling(one); });
  for (unsigned round = 1; round < rounds && !lasting.empty(); ++round) {
    const std::vector<Comparison> again = measurement();
    std::erase_if(lasting, [&](const Comparison& before) {
      return std::ranges::none_of(again, [&](const Comparison& now) {
        return now.first == before.first && now.second == before.second && is_telling(now) &&
               (now.t > 0) == (before.t > 0);
      });
    });
  }
  return lasting;
}

std::string told(const std::vector<Comparison>& comparisons) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2);
  for (const Comparison& one : comparisons)
    text << std::setw(8) << one.t << "  " << std::setw(9) << one.difference << " ns (seen from "
         << one.smallest_seen << " ns) of " << std::setw(9) << one.mean << " ns  " << one.first
         << " / " << one.second << "\n";
  return text.str();
}

}  // namespace scep_ra::test
