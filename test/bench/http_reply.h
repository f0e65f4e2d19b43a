#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace scep_ra::bench {

// One HTTP/1.1 answer with a Content-Length, read piece by piece as it arrives.
class HttpReply {
 public:
  enum class State { more, whole, broken };

  State feed(std::string_view octets);

  int status() const { return status_; }
  std::string take_body() { return std::move(body_); }
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  bool keeps_connection() const { return keeps_connection_; }

 private:
  bool read_head(std::string_view head);
  void read_header(std::string_view line);

  std::string head_, body_;
  bool has_head_ = false;
  int status_ = 0;
  std::optional<std::size_t> length_;
  std::optional<std::chrono::seconds> retry_after_;
  bool keeps_connection_ = true;
};

}  // namespace scep_ra::bench
