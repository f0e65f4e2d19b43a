#include "connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

namespace scep_ra::bench {

void Descriptor::reset(int number) {
  if (number_ >= 0) close(number_);
  number_ = number;
}

void Connection::begin(const Target& target, int epoll, Exchange& exchange, bool hold) {
  exchange_ = &exchange;
  exchange.status = 0;
  exchange.body.clear();
  hold_ = hold;
  sent_ = 0;
  reply_ = HttpReply();
  if (exchange.attempts++ == 0) exchange.begun = Monotonic::now();
  step_ = socket_.is_open() ? Step::sending : Step::connecting;
  // What is not open then fails in the next step.
  if (!socket_.is_open() && !open(target, epoll)) socket_.reset();
}

bool Connection::open(const Target& target, int epoll) {
  socket_.reset(socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket_.is_open() || setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
    return false;
  const int result = connect(socket_.get(), reinterpret_cast<const sockaddr*>(&target.address),
                             target.address_size);
  if (result < 0 && errno != EINPROGRESS) return false;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<std::uint32_t>(EPOLLET);
  event.data.ptr = this;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, socket_.get(), &event) == 0;
}

void Connection::release() {
  exchange_->begun = Monotonic::now();
  step_ = Step::sending;
}

Connection::Progress Connection::go_on() {
  switch (step_) {
    case Step::idle: {
      char octet = 0;
      if (recv(socket_.get(), &octet, 1, MSG_PEEK) == 0) socket_.reset();
      return Progress::blocked;
    }
    case Step::connecting:
      return opened();
    case Step::held:
      return Progress::blocked;
    case Step::sending:
      return send_rest();
    case Step::receiving:
      return receive();
  }
  return Progress::blocked;
}

Connection::Progress Connection::opened() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)
    return failed();
  sockaddr_storage peer;
  socklen_t peer_size = sizeof peer;
  if (getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) < 0)
    return Progress::blocked;
  step_ = hold_ ? Step::held : Step::sending;
  return hold_ ? Progress::held : send_rest();
}

Connection::Progress Connection::send_rest() {
  const std::string& request = exchange_->request;
  while (sent_ < request.size()) {
    const ssize_t count =
        send(socket_.get(), request.data() + sent_, request.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return Progress::blocked;
    if (count < 0) return failed();
    sent_ += static_cast<std::size_t>(count);
  }
  step_ = Step::receiving;
  return receive();
}

Connection::Progress Connection::receive() {
  char octets[16 * 1024];
  while (true) {
    const ssize_t count = recv(socket_.get(), octets, sizeof octets, 0);
    if (count < 0 && errno == EAGAIN) return Progress::blocked;
    if (count <= 0) return failed();
    switch (reply_.feed({octets, static_cast<std::size_t>(count)})) {
      case HttpReply::State::more:
        break;
      case HttpReply::State::whole:
        return answered();
      case HttpReply::State::broken:
        return failed();
    }
  }
}

Connection::Progress Connection::answered() {
  exchange_->status = reply_.status();
  exchange_->body = reply_.take_body();
  exchange_->ended = Monotonic::now();
  if (reply_.status() >= 500) exchange_->turned_away += 1;
  if (!reply_.keeps_connection()) socket_.reset();
  step_ = Step::idle;
  return Progress::answered;
}

Connection::Progress Connection::failed() {
  exchange_->broken += 1;
  exchange_->ended = Monotonic::now();
  socket_.reset();
  step_ = Step::idle;
  return Progress::failed;
}

}  // namespace scep_ra::bench
