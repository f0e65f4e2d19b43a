#pragma once

#include <memory>
#include <string>

#include "events/event_catalogue.h"
#include "scep-ra/error.h"

namespace scep_ra::events {

// Takes a copy of every event; the store has the original of those that change state. Any thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // After the fork, in each process, as the worker user; before the first write. May be called
  // again after a failure. Errc::unavailable.
  virtual Status open() = 0;
  // Writes one event, or loses it: never throws, never blocks for long. False: it was lost.
  virtual bool write(const EventRecord&, const std::string& json) noexcept = 0;
};

// "syslog" (/dev/log), "syslog:PATH" (a datagram socket), "file:PATH". Errc::config for other
// words.
Result<std::unique_ptr<EventSink>> make_event_sink(const std::string& setting);

}  // namespace scep_ra::events
