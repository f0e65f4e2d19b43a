#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "events/event_sink.h"

namespace scep_ra::events {

// Where all events of one RA on this node go. Any thread.
class EventLog {
 public:
  EventLog(std::string ra, std::string node, const Clock&, std::vector<std::unique_ptr<EventSink>>);

  // After the fork: opens the sinks. The first failure is returned, the other sinks are open, and
  // `tell` tries the failed ones again.
  Status open();

  // A record with id, time, RA and node.
  [[nodiscard]] EventRecord begin(EventId) const;

  // Tells every sink and gives the line for the server's log, which says so when a sink lost the
  // event. Empty text: there was no memory for one.
  Event tell(const EventRecord&, const std::string& json) noexcept;
  Event tell(const EventRecord& record) noexcept;

  // Whether every sink took the last event; for `health`.
  [[nodiscard]] bool sinks_fit() const noexcept { return sinks_fit_; }

 private:
  const std::string ra_, node_;
  const Clock& clock_;
  const std::vector<std::unique_ptr<EventSink>> sinks_;
  std::atomic<bool> sinks_fit_ = true;
};

}  // namespace scep_ra::events
