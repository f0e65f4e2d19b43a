#include "events/syslog_sink.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <system_error>

namespace scep_ra::events {
namespace {

constexpr int facility_daemon = 3 << 3;

int severity(Severity level) noexcept {
  switch (level) {
    case Severity::info:
      return 6;
    case Severity::warning:
      return 4;
    case Severity::error:
      return 3;
  }
  return 3;
}

// `<30>Jan  2 03:04:05 scep-ra[77]: `, local time and no host name, as daemons expect it from their
// own host.
std::string header(const EventRecord& record) {
  constexpr std::array month{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(record.time);
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) local = {};  // no calendar has that year
  std::array<char, 96> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "<%d>%s %2d %02d:%02d:%02d scep-ra[%ld]: ",
                    facility_daemon + severity(kind_of(record.id).level),
                    month.at(static_cast<std::size_t>(local.tm_mon)), local.tm_mday, local.tm_hour,
                    local.tm_min, local.tm_sec, static_cast<long>(::getpid()));
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

void cut(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  text.resize(limit);
  text += "...";
}

std::string json_with_values_cut(EventRecord record, std::size_t limit) {
  for (std::string* text :
       {&record.ra, &record.node, &record.transaction_id, &record.message_type,
        &record.certificate_template, &record.subject, &record.serial, &record.client_address,
        &record.user, &record.digest, &record.cipher, &record.detail})
    cut(*text, limit);
  if (record.sans.size() > 8) record.sans.resize(8);
  for (std::string& san : record.sans) cut(san, limit);
  return to_json(record);
}

// Empty, with errno set, when nobody listens there.
Descriptor connected_socket(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return {};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return socket;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    socket.reset();
    errno = error;
  }
  return socket;
}

iovec piece(std::string_view text) noexcept {
  return {const_cast<char*>(text.data()), text.size()};  // sendmsg does not write to it
}

}  // namespace

Status SyslogSink::open() {
  const std::lock_guard lock(mutex_);
  socket_ = connected_socket(path_);
  if (socket_) return {};
  return fail(Errc::unavailable, Reason::event_not_written,
              path_ + ": " + std::generic_category().message(errno));
}

bool SyslogSink::write(const EventRecord& record, const std::string& json) noexcept {
  try {
    const std::string prefix = header(record);
    const std::size_t room = longest_datagram - prefix.size();
    if (json.size() <= room) return send(prefix, json);
    for (const std::size_t limit : {400U, 50U}) {
      const std::string shorter = json_with_values_cut(record, limit);
      if (shorter.size() <= room) return send(prefix, shorter);
    }
    return false;
  } catch (const std::exception&) {
    return false;
  }
}

bool SyslogSink::send(std::string_view prefix, std::string_view json) noexcept {
  iovec pieces[] = {piece(prefix), piece(json)};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = std::size(pieces);
  const std::lock_guard lock(mutex_);
  if (socket_ && ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
  if (socket_ && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) return false;
  socket_ = connected_socket(path_);
  return socket_ && ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

}  // namespace scep_ra::events
