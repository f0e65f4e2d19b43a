#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/clock.h"
#include "events/event_catalogue.h"
#include "events/event_sink.h"

namespace scep_ra::events::test {

// A folder of this test case, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "events-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// 2026-01-31 09:30:00.25 UTC
inline constexpr std::chrono::sys_time<std::chrono::microseconds> a_saturday{
    std::chrono::microseconds{1'769'851'800'250'000}};

class StoppedClock final : public Clock {
 public:
  std::chrono::sys_time<std::chrono::microseconds> now() const override { return a_saturday; }
};

inline EventRecord record_of(EventId id) {
  EventRecord record;
  record.id = id;
  record.time = a_saturday;
  return record;
}

inline std::unique_ptr<EventSink> sink_of(const std::string& setting) {
  auto sink = make_event_sink(setting);
  if (!sink) throw std::runtime_error(sink.error().detail);
  return std::move(*sink);
}

}  // namespace scep_ra::events::test
