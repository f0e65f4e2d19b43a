#pragma once

#include <mutex>
#include <string>

#include "events/descriptor.h"
#include "events/event_sink.h"

namespace scep_ra::events {

// Sends each event as an RFC 3164 datagram to the host's syslog daemon, as facility `daemon`, with
// a socket of its own: the state behind openlog() belongs to the web server. A daemon that was
// restarted is found again by the next event; one that does not read loses events rather than hold
// us up.
class SyslogSink final : public EventSink {
 public:
  explicit SyslogSink(std::string path) : path_(std::move(path)) {}

  Status open() override;
  bool write(const EventRecord&, const std::string& json) noexcept override;

 private:
  bool send(std::string_view header, std::string_view json) noexcept;

  const std::string path_;
  std::mutex mutex_;  // guards the socket
  Descriptor socket_;
};

// What daemons take in one datagram (rsyslog: 8 KiB with the header). A longer event is told with
// its long values cut; the file and the store have it whole.
inline constexpr std::size_t longest_datagram = 8000;

}  // namespace scep_ra::events
