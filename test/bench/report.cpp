#include "report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reply_check.h"

namespace scep_ra::bench {
namespace {

constexpr std::size_t flaws_shown = 5;

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

}  // namespace

Report::Report(const std::vector<Exchange>& exchanges, Milliseconds duration)
    : duration_(duration), requests_(exchanges.size()) {
  for (const Exchange& exchange : exchanges) count(exchange);
  std::ranges::sort(latencies_);
}

void Report::count(const Exchange& exchange) {
  retried_ += exchange.attempts > 1;
  broken_ += exchange.broken;
  turned_away_ += exchange.turned_away;
  if (exchange.status == 0) {
    ++unanswered_;
    return;
  }
  ++http_status_[std::to_string(exchange.status)];
  latencies_.push_back(Milliseconds(exchange.ended - exchange.begun).count());
  if (exchange.status != 200) return;
  const Glimpse answer = glimpse(exchange.body);
  ++pki_status_[answer.pki_status.empty() ? "none" : answer.pki_status];
  if (!answer.fail_info.empty()) ++fail_info_[answer.fail_info];
}

void Report::add_verified(std::string serial) {
  ++verified_;
  serials_.insert(std::move(serial));
}
void Report::add_flaw(std::string why) {
  flaws_.push_back(std::move(why));
}
void Report::set_server_cpu(std::chrono::microseconds cpu) {
  server_cpu_ = cpu;
}

std::size_t Report::successes() const {
  const auto found = pki_status_.find("0");
  return found == pki_status_.end() ? 0 : found->second;
}

bool Report::is_good() const {
  return requests_ > 0 && successes() == requests_ && flaws_.empty() &&
         serials_.size() == verified_;
}

double Report::percentile(double part) const {
  if (latencies_.empty()) return 0;
  const auto rank =
      static_cast<std::size_t>(std::ceil(part * static_cast<double>(latencies_.size())));
  return latencies_[std::max<std::size_t>(rank, 1) - 1];
}

nlohmann::json Report::json() const {
  const double seconds = duration_.count() / 1000;
  const auto enrolled = static_cast<double>(successes());
  nlohmann::json report{
      {"requests", requests_},
      {"success", successes()},
      {"seconds", rounded(seconds)},
      {"per_second", rounded(enrolled / seconds)},
      {"p50_ms", rounded(percentile(0.50))},
      {"p99_ms", rounded(percentile(0.99))},
      {"max_ms", rounded(percentile(1.00))},
      {"http_status", http_status_},
      {"pki_status", pki_status_},
      {"fail_info", fail_info_},
      {"unanswered", unanswered_},
      {"retried", retried_},
      {"broken_connections", broken_},
      {"server_errors", turned_away_},
      {"verified", verified_},
      {"distinct_serials", serials_.size()},
      {"flaws", flaws_.size()},
  };
  for (std::size_t at = 0; at < std::min(flaws_.size(), flaws_shown); ++at)
    report["flaw"].push_back(flaws_[at]);
  if (server_cpu_.count() > 0 && enrolled > 0)
    report["server_cpu_us"] = rounded(static_cast<double>(server_cpu_.count()) / enrolled);
  return report;
}

}  // namespace scep_ra::bench
