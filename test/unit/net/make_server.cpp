#include "net/make_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace scep_ra::test {

namespace {

std::size_t content_length(const std::string& head) {
  const std::string name = "Content-Length: ";
  const auto at = head.find(name);
  std::size_t length = 0;
  if (at != head.npos)
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  return length;
}

bool is_complete(const std::string& request) {
  const auto end = request.find("\r\n\r\n");
  return end != request.npos && request.size() >= end + 4 + content_length(request.substr(0, end));
}

std::string receive_request(int connection) {
  std::string request;
  std::array<char, 4096> piece{};
  while (!is_complete(request)) {
    const auto count = recv(connection, piece.data(), piece.size(), 0);
    if (count <= 0) break;
    request.append(piece.data(), static_cast<std::size_t>(count));
  }
  return request;
}

void send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const auto count = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

LoopbackServer::LoopbackServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || bind(listener_, generic, size) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("no port on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

LoopbackServer::~LoopbackServer() {
  requests();
}

std::string LoopbackServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<std::string> LoopbackServer::requests() {
  if (thread_.joinable()) {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  return requests_;
}

void LoopbackServer::serve() {
  for (const auto& answer : answers_) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    requests_.push_back(receive_request(connection));
    send_all(connection, answer);
    char rest = 0;
    while (answer.empty() && recv(connection, &rest, 1, 0) > 0) continue;
    close(connection);
  }
}

}  // namespace scep_ra::test
