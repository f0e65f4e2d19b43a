#include "get_load.h"

#include <sys/epoll.h>

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "connection.h"
#include "server_cpu.h"

namespace scep_ra::bench {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 10s;  // with answers that are due when the time is over

std::chrono::microseconds own_cpu() {
  timespec now{};
  static_cast<void>(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now));
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

class GetLoop {
 public:
  GetLoop(const Target& target, const std::string& query, const GetLoad& load)
      : target_(target),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        end_(Monotonic::now() + load.duration),
        exchanges_(load.connections, make_get(target, query)),
        connections_(load.connections),
        busy_(load.connections) {}

  GetTally run() {
    for (std::size_t at = 0; at < connections_.size(); ++at) {
      connections_[at].begin(target_, epoll_.get(), exchanges_[at], false);
      go_on(connections_[at]);
    }
    epoll_event events[256];
    while (busy_ > 0 && Monotonic::now() < end_ + patience) {
      const int count = epoll_wait(epoll_.get(), events, std::size(events), 1000);
      for (int at = 0; at < count; ++at) go_on(*static_cast<Connection*>(events[at].data.ptr));
    }
    tally_.broken += busy_;
    return tally_;
  }

 private:
  void go_on(Connection& connection) {
    while (true) {
      switch (connection.go_on()) {
        case Connection::Progress::blocked:
        case Connection::Progress::held:
          return;
        case Connection::Progress::failed:
          ++tally_.broken;
          --busy_;
          return;
        case Connection::Progress::answered:
          count(connection.exchange());
          if (Monotonic::now() >= end_) {
            --busy_;
            return;
          }
          connection.begin(target_, epoll_.get(), connection.exchange(), false);
      }
    }
  }

  void count(const Exchange& exchange) {
    if (tally_.answers++ == 0) tally_.octets = exchange.body.size();
    if (exchange.status != 200 || exchange.body.size() != tally_.octets) ++tally_.others;
  }

  const Target& target_;
  Descriptor epoll_;
  Monotonic::time_point end_;
  std::vector<Exchange> exchanges_;
  std::vector<Connection> connections_;
  std::size_t busy_;  // connections that wait for an answer
  GetTally tally_;
};

}  // namespace

GetTally repeat_get(const Target& target, const std::string& query, const GetLoad& load) {
  const auto server_before = server_cpu(load.server);
  const auto own_before = own_cpu();
  const auto begun = Monotonic::now();
  GetTally tally = GetLoop(target, query, load).run();
  tally.took = Monotonic::now() - begun;
  tally.own_cpu = own_cpu() - own_before;
  if (load.server > 0) tally.server_cpu = server_cpu(load.server) - server_before;
  return tally;
}

nlohmann::json GetTally::json() const {
  const auto each = [this](std::chrono::microseconds cpu) {
    const double sum = static_cast<double>(cpu.count());
    return answers == 0 ? 0 : std::round(1000 * sum / static_cast<double>(answers)) / 1000;
  };
  return {{"answers", answers},
          {"other_answers", others},
          {"broken_connections", broken},
          {"octets", octets},
          {"seconds", took.count()},
          {"per_second", static_cast<double>(answers) / took.count()},
          {"server_cpu_us", each(server_cpu)},
          {"generator_cpu_us", each(own_cpu)}};
}

}  // namespace scep_ra::bench
