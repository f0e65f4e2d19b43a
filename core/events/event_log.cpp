#include "events/event_log.h"

#include <exception>
#include <utility>

namespace scep_ra::events {

EventLog::EventLog(std::string ra, std::string node, const Clock& clock,
                   std::vector<std::unique_ptr<EventSink>> sinks)
    : ra_(std::move(ra)), node_(std::move(node)), clock_(clock), sinks_(std::move(sinks)) {}

Status EventLog::open() {
  Status first;
  for (const auto& sink : sinks_) {
    Status opened = sink->open();
    if (!opened && first) first = std::move(opened);
  }
  sinks_fit_ = first.has_value();
  return first;
}

EventRecord EventLog::begin(EventId id) const {
  EventRecord record;
  record.id = id;
  record.time = clock_.now();
  record.ra = ra_;
  record.node = node_;
  return record;
}

Event EventLog::tell(const EventRecord& record, const std::string& json) noexcept {
  bool written = true;
  for (const auto& sink : sinks_) written = sink->write(record, json) && written;
  sinks_fit_ = written;
  try {
    Event event = for_server_log(record);
    if (!written) event.text += " (" + std::string(word(Reason::event_not_written)) + ")";
    return event;
  } catch (const std::exception&) {
    return {static_cast<int>(record.id), kind_of(record.id).level, {}};
  }
}

Event EventLog::tell(const EventRecord& record) noexcept {
  try {
    return tell(record, to_json(record));
  } catch (const std::exception&) {
    sinks_fit_ = false;
    return {static_cast<int>(record.id), kind_of(record.id).level, {}};
  }
}

}  // namespace scep_ra::events
