#pragma once

#include "exchange.h"
#include "http_reply.h"

namespace scep_ra::bench {

// A file descriptor that is closed by its owner's end.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset(int number = -1);
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

// One socket that carries one exchange after another; registered edge-triggered with an epoll, so
// that it costs one system call to open and none to wait.
class Connection {
 public:
  enum class Progress { blocked, held, answered, failed };

  // Starts an exchange and opens the socket if it is not. With `hold` it sends nothing before
  // `release`; that it is open is reported once.
  void begin(const Target&, int epoll, Exchange&, bool hold);
  void release();

  // Everything that can be done without waiting. After `answered` and `failed` it is idle again.
  Progress go_on();

  bool is_held() const { return step_ == Step::held; }
  Exchange& exchange() const { return *exchange_; }
  const HttpReply& reply() const { return reply_; }

 private:
  enum class Step { idle, connecting, held, sending, receiving };
  bool open(const Target&, int epoll);
  Progress opened();
  Progress send_rest();
  Progress receive();
  Progress answered();
  Progress failed();

  Descriptor socket_;
  Step step_ = Step::idle;
  bool hold_ = false;
  Exchange* exchange_ = nullptr;
  std::size_t sent_ = 0;
  HttpReply reply_;
};

}  // namespace scep_ra::bench
