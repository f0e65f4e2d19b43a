#include "http_reply.h"

#include <charconv>

#include "base/text.h"

namespace scep_ra::bench {
namespace {

constexpr std::size_t largest_head = 16 * 1024;
constexpr std::string_view version = "HTTP/1.1 ";

template <class Number>
std::optional<Number> number(std::string_view digits) {
  Number value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  return error == std::errc() && stop == end ? std::optional<Number>(value) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

void HttpReply::read_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "Content-Length")) length_ = number<std::size_t>(value);
  if (equal_ignoring_case(name, "Connection") && equal_ignoring_case(value, "close"))
    keeps_connection_ = false;
  if (equal_ignoring_case(name, "Retry-After"))
    if (const auto seconds = number<unsigned>(value)) retry_after_ = std::chrono::seconds(*seconds);
}

bool HttpReply::read_head(std::string_view head) {
  if (!head.starts_with(version)) return false;
  const auto status = number<int>(head.substr(version.size(), 3));
  for (std::string_view line : split(head, '\n')) read_header(line);
  status_ = status.value_or(0);
  return status && length_;
}

HttpReply::State HttpReply::feed(std::string_view octets) {
  if (has_head_) {
    body_ += octets;
  } else {
    head_ += octets;
    const auto end = head_.find("\r\n\r\n");
    if (end == head_.npos) return head_.size() > largest_head ? State::broken : State::more;
    body_ = head_.substr(end + 4);
    has_head_ = true;
    if (!read_head(std::string_view(head_).substr(0, end))) return State::broken;
  }
  if (body_.size() > *length_) return State::broken;
  return body_.size() == *length_ ? State::whole : State::more;
}

}  // namespace scep_ra::bench
