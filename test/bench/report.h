#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "exchange.h"

namespace scep_ra::bench {

// What a load came to: how many answers of every kind, and how long they took.
class Report {
 public:
  using Milliseconds = std::chrono::duration<double, std::milli>;

  // `duration`: of the load, without its preparation.
  Report(const std::vector<Exchange>&, Milliseconds duration);

  void add_verified(std::string serial);
  void add_flaw(std::string why);  // an answer that no client would take
  void set_server_cpu(std::chrono::microseconds);

  // Every request got SUCCESS, and what was verified was right.
  bool is_good() const;
  nlohmann::json json() const;

 private:
  void count(const Exchange&);
  std::size_t successes() const;
  double percentile(double) const;

  Milliseconds duration_;
  std::size_t requests_;
  std::size_t unanswered_ = 0, retried_ = 0, broken_ = 0, turned_away_ = 0;
  std::map<std::string, std::size_t> http_status_, pki_status_, fail_info_;
  std::vector<double> latencies_;  // milliseconds of what was answered, ascending
  std::size_t verified_ = 0;
  std::set<std::string> serials_;
  std::vector<std::string> flaws_;
  std::chrono::microseconds server_cpu_{0};
};

}  // namespace scep_ra::bench
