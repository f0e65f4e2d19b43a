#pragma once

#include <filesystem>
#include <mutex>

#include "events/descriptor.h"
#include "events/event_sink.h"

namespace scep_ra::events {

// Appends lines to a file that several processes share: one write an event, so that no line is
// torn. Creates the file with mode 0640 and follows rotation: a file that was renamed, replaced or
// removed is opened anew before the next event; one that was truncated is simply continued.
class FileSink final : public EventSink {
 public:
  explicit FileSink(std::filesystem::path path) : path_(std::move(path)) {}

  Status open() override;
  bool write(const EventRecord&, const std::string& json) noexcept override;

 private:
  bool follow_rotation() noexcept;
  bool append(const std::string& json) noexcept;

  const std::filesystem::path path_;
  std::mutex mutex_;  // guards what follows
  Descriptor file_;
  bool line_torn_ = false;  // the disk was full in the middle of our last line
};

}  // namespace scep_ra::events
