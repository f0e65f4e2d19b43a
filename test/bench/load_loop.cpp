#include "load_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <queue>

#include "connection.h"

namespace scep_ra::bench {
namespace {

using namespace std::chrono_literals;
constexpr auto usual_pause = 200ms;  // before a retry when the server names none

struct Retry {
  Monotonic::time_point due;
  Exchange* exchange;
  bool operator<(const Retry& other) const { return due > other.due; }  // the earliest on top
};

class LoadLoop {
 public:
  LoadLoop(const Target& target, const Load& load, std::vector<Exchange>& exchanges)
      : target_(target),
        load_(load),
        exchanges_(exchanges),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(std::min<std::size_t>(load.connections, exchanges.size())),
        held_back_(load.at_once ? connections_.size() : 0),
        unfinished_(exchanges.size()) {
    for (Connection& connection : connections_) idle_.push_back(&connection);
  }

  void run() {
    const auto deadline = Monotonic::now() + load_.deadline;
    epoll_event events[256];
    while (true) {
      begin_what_can();
      const auto now = Monotonic::now();
      if (unfinished_ == 0 || now >= deadline) return;
      auto until = deadline;
      if (!retries_.empty() && !idle_.empty()) until = std::min(until, retries_.top().due);
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
      const int count = epoll_wait(epoll_.get(), events, std::size(events),
                                   static_cast<int>(std::clamp<long>(wait, 0, 1000)));
      for (int at = 0; at < count; ++at) go_on(*static_cast<Connection*>(events[at].data.ptr));
    }
  }

 private:
  void begin_what_can() {
    while (!idle_.empty()) {
      Exchange* next = next_exchange();
      if (!next) return;
      Connection& connection = *idle_.back();
      idle_.pop_back();
      connection.begin(target_, epoll_.get(), *next, held_back_ > 0);
      go_on(connection);
    }
  }

  Exchange* next_exchange() {
    if (held_back_ == 0 && !retries_.empty() && retries_.top().due <= Monotonic::now()) {
      Exchange* exchange = retries_.top().exchange;
      retries_.pop();
      return exchange;
    }
    return fresh_ < exchanges_.size() ? &exchanges_[fresh_++] : nullptr;
  }

  void go_on(Connection& connection) {
    switch (connection.go_on()) {
      case Connection::Progress::blocked:
        return;
      case Connection::Progress::held:
        return one_less_to_wait_for();
      case Connection::Progress::answered:
        return finish(connection, connection.exchange().status >= 500);
      case Connection::Progress::failed:
        finish(connection, true);
        return one_less_to_wait_for();
    }
  }

  // The last connection to open, or to fail, lets all others send.
  void one_less_to_wait_for() {
    if (held_back_ == 0 || --held_back_ > 0) return;
    for (Connection& connection : connections_) {
      if (!connection.is_held()) continue;
      connection.release();
      go_on(connection);
    }
  }

  void finish(Connection& connection, bool in_vain) {
    idle_.push_back(&connection);
    if (in_vain && load_.retry) {
      const Monotonic::duration asked = connection.reply().retry_after().value_or(0s);
      retries_.push({Monotonic::now() + std::max<Monotonic::duration>(asked, usual_pause),
                     &connection.exchange()});
    } else {
      unfinished_ -= 1;
    }
  }

  const Target& target_;
  const Load& load_;
  std::vector<Exchange>& exchanges_;
  Descriptor epoll_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::priority_queue<Retry> retries_;
  std::size_t fresh_ = 0;  // the next exchange that was never tried
  std::size_t held_back_;  // with at_once: connections that are still to open
  std::size_t unfinished_;
};

}  // namespace

void run_load(const Target& target, const Load& load, std::vector<Exchange>& exchanges) {
  LoadLoop(target, load, exchanges).run();
}

}  // namespace scep_ra::bench
