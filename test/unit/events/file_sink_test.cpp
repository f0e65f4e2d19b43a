#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "catch.h"
#include "fixtures.h"

namespace scep_ra::events {
namespace {

namespace fs = std::filesystem;
using test::lines_of;
using test::sink_of;
using test::TemporaryFolder;

const EventRecord any_event = test::record_of(EventId::certificate_issued);

unsigned mode_of(const fs::path& file) {
  return static_cast<unsigned>(fs::status(file).permissions());
}

TEST_CASE("each event is a line at the end of the file", "[events]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "events.jsonl") << "before\n";
  const auto sink = sink_of("file:" + (folder / "events.jsonl").string());
  REQUIRE(sink->open());
  CHECK(sink->write(any_event, R"({"id":1})"));
  CHECK(sink->write(any_event, R"({"id":2})"));
  CHECK(test::text_of(folder / "events.jsonl") == "before\n{\"id\":1}\n{\"id\":2}\n");
}

TEST_CASE("a new event file can be read by its group whatever the server's umask", "[events]") {
  const TemporaryFolder folder;
  const auto sink = sink_of("file:" + (folder / "events.jsonl").string());
  const mode_t before = ::umask(0077);
  const bool opened = sink->open().has_value();
  ::umask(before);
  REQUIRE(opened);
  CHECK(mode_of(folder / "events.jsonl") == 0640);
}

TEST_CASE("an existing event file keeps the rights its owner gave it", "[events]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "events.jsonl") << "";
  fs::permissions(folder / "events.jsonl", fs::perms(0600));
  REQUIRE(sink_of("file:" + (folder / "events.jsonl").string())->open());
  CHECK(mode_of(folder / "events.jsonl") == 0600);
}

TEST_CASE("a rotated event file is left alone and a new one is begun", "[events]") {
  const TemporaryFolder folder;
  const auto sink = sink_of("file:" + (folder / "events.jsonl").string());
  REQUIRE(sink->open());
  REQUIRE(sink->write(any_event, "first"));
  fs::rename(folder / "events.jsonl", folder / "events.jsonl.1");
  CHECK(sink->write(any_event, "second"));
  CHECK(lines_of(folder / "events.jsonl.1") == std::vector<std::string>{"first"});
  CHECK(lines_of(folder / "events.jsonl") == std::vector<std::string>{"second"});
  CHECK(mode_of(folder / "events.jsonl") == 0640);
}

TEST_CASE("a file that rotation put in place is used, one that was truncated is continued",
          "[events]") {
  const TemporaryFolder folder;
  const auto sink = sink_of("file:" + (folder / "events.jsonl").string());
  REQUIRE(sink->open());
  REQUIRE(sink->write(any_event, "first"));
  fs::rename(folder / "events.jsonl", folder / "events.jsonl.1");
  std::ofstream(folder / "events.jsonl") << "";
  CHECK(sink->write(any_event, "second"));
  CHECK(lines_of(folder / "events.jsonl") == std::vector<std::string>{"second"});
  fs::resize_file(folder / "events.jsonl", 0);
  CHECK(sink->write(any_event, "third"));
  CHECK(test::text_of(folder / "events.jsonl") == "third\n");
}

TEST_CASE("while no new file can be made, events go on into the rotated one", "[events]") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "log");
  const auto sink = sink_of("file:" + (folder / "log/events.jsonl").string());
  REQUIRE(sink->open());
  fs::rename(folder / "log", folder / "old");
  CHECK(sink->write(any_event, "still here"));
  CHECK(lines_of(folder / "old/events.jsonl") == std::vector<std::string>{"still here"});
  fs::remove_all(folder / "old");
  CHECK_FALSE(sink->write(any_event, "nowhere to go"));
  fs::create_directory(folder / "log");
  CHECK(sink->write(any_event, "back"));
  CHECK(lines_of(folder / "log/events.jsonl") == std::vector<std::string>{"back"});
}

TEST_CASE("an event file that cannot be opened is said and tried again", "[events]") {
  const TemporaryFolder folder;
  const auto sink = sink_of("file:" + (folder / "log/events.jsonl").string());
  const Status opened = sink->open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::unavailable);
  CHECK(opened.error().reason == Reason::event_not_written);
  CHECK(opened.error().detail.find("log/events.jsonl: No such file") != std::string::npos);
  CHECK_FALSE(sink->write(any_event, "lost"));
  fs::create_directory(folder / "log");
  CHECK(sink->write(any_event, "kept"));
}

TEST_CASE("a full disk loses an event and blocks nobody", "[events][case:F4]") {
  const auto sink = sink_of("file:/dev/full");
  REQUIRE(sink->open());
  CHECK_FALSE(sink->write(any_event, "lost"));
}

TEST_CASE("a FIFO that nobody reads loses events instead of blocking", "[events]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  const auto sink = sink_of("file:" + (folder / "fifo").string());
  CHECK_FALSE(sink->open());
  CHECK_FALSE(sink->write(any_event, "lost"));
}

TEST_CASE("processes and threads that append together tear no line", "[events]") {
  const TemporaryFolder folder;
  const std::string setting = "file:" + (folder / "events.jsonl").string();
  constexpr int processes = 4;
  constexpr int events_each = 200;
  for (int process = 0; process < processes; ++process) {
    if (::fork() != 0) continue;
    const auto sink = sink_of(setting);
    bool written = sink->open().has_value();
    const auto append = [&](int thread) {
      EventRecord record = test::record_of(EventId::request_denied);
      record.user = std::to_string(process) + "-" + std::to_string(thread);
      record.subject = std::string(20'000, 'x');
      const std::string json = to_json(record);
      for (int event = 0; event < events_each / 2; ++event) sink->write(record, json);
    };
    std::thread other(append, 1);
    append(0);
    other.join();
    ::_exit(written ? 0 : 1);
  }
  for (int process = 0; process < processes; ++process) {
    int status = -1;
    REQUIRE(::wait(&status) > 0);
    REQUIRE(status == 0);
  }
  std::map<std::string, int> lines;
  for (const std::string& line : lines_of(folder / "events.jsonl"))
    ++lines[nlohmann::json::parse(line).at("user")];
  REQUIRE(lines.size() == 2 * processes);
  for (const auto& [user, count] : lines) CHECK(count == events_each / 2);
}

}  // namespace
}  // namespace scep_ra::events
