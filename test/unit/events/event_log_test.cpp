#include "events/event_log.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "fixtures.h"

namespace scep_ra::events {
namespace {

using nlohmann::json;

// Shared with the test, which outlives the log.
struct Kept {
  bool works = true;
  int opened = 0;
  std::vector<std::string> lines;
};

class MemorySink final : public EventSink {
 public:
  explicit MemorySink(Kept& kept) : kept_(kept) {}
  Status open() override {
    ++kept_.opened;
    if (kept_.works) return {};
    return fail(Errc::unavailable, Reason::event_not_written, "switched off");
  }
  bool write(const EventRecord&, const std::string& line) noexcept override {
    if (kept_.works) kept_.lines.push_back(line);
    return kept_.works;
  }

 private:
  Kept& kept_;
};

struct Bench {
  test::StoppedClock clock;
  Kept first, second;
  EventLog log{"Contoso NDES", "ra1", clock, two_sinks()};

  std::vector<std::unique_ptr<EventSink>> two_sinks() {
    std::vector<std::unique_ptr<EventSink>> sinks;
    sinks.push_back(std::make_unique<MemorySink>(first));
    sinks.push_back(std::make_unique<MemorySink>(second));
    return sinks;
  }
};

TEST_CASE("every sink gets every event, with time, RA and node", "[events]") {
  Bench bench;
  REQUIRE(bench.log.open());
  const Event event = bench.log.tell(bench.log.begin(EventId::service_started));
  REQUIRE(bench.first.lines.size() == 1);
  CHECK(bench.second.lines == bench.first.lines);
  const json told = json::parse(bench.first.lines[0]);
  CHECK(told.at("time") == "2026-01-31T09:30:00.250000Z");
  CHECK(told.at("ra") == "Contoso NDES");
  CHECK(told.at("node") == "ra1");
  CHECK(event.id == 1);
  CHECK(event.text == "service-started ra=\"Contoso NDES\"");
  CHECK(bench.log.sinks_fit());
}

TEST_CASE("the line the store keeps is the line the sinks get", "[events]") {
  Bench bench;
  bench.log.tell(bench.log.begin(EventId::certificate_issued), "as in the store");
  CHECK(bench.first.lines == std::vector<std::string>{"as in the store"});
}

TEST_CASE("a sink that fails keeps no event from the others and is said", "[events]") {
  Bench bench;
  bench.first.works = false;
  const Status opened = bench.log.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().detail == "switched off");
  CHECK(bench.second.opened == 1);
  CHECK_FALSE(bench.log.sinks_fit());
  const Event event = bench.log.tell(bench.log.begin(EventId::service_started));
  CHECK(bench.second.lines.size() == 1);
  CHECK(event.text.ends_with("(event-not-written)"));
  bench.first.works = true;
  bench.log.tell(bench.log.begin(EventId::service_started));
  CHECK(bench.first.lines.size() == 1);
  CHECK(bench.log.sinks_fit());
}

TEST_CASE("a sink nobody knows is a configuration error", "[events]") {
  for (const char* setting :
       {"", "file", "file:", "file:events.jsonl", "syslog:", "syslog:log", "journal", "File:/a"}) {
    CAPTURE(setting);
    const auto sink = make_event_sink(setting);
    REQUIRE_FALSE(sink);
    CHECK(sink.error().code == Errc::config);
    CHECK(sink.error().reason == Reason::configuration_invalid);
  }
  CHECK(make_event_sink("syslog"));
  CHECK(make_event_sink("syslog:/run/log"));
  CHECK(make_event_sink("file:/var/log/scep-ra/events.jsonl"));
}

}  // namespace
}  // namespace scep_ra::events
