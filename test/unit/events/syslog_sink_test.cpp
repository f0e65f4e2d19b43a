#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "catch.h"
#include "fixtures.h"

namespace scep_ra::events {
namespace {

using test::sink_of;
using test::TemporaryFolder;

// The syslog daemon of this test.
class Listener {
 public:
  explicit Listener(const std::filesystem::path& path)
      : path_(path), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot listen");
  }
  ~Listener() {
    ::close(socket_);
    std::filesystem::remove(path_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The next datagram; empty when there is none.
  std::string receive() {
    std::string datagram(100'000, '\0');
    const ssize_t size = ::recv(socket_, datagram.data(), datagram.size(), 0);
    datagram.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return datagram;
  }

 private:
  std::filesystem::path path_;
  int socket_;
};

nlohmann::json json_of(const std::string& datagram) {
  return nlohmann::json::parse(datagram.substr(datagram.find('{')));
}

TEST_CASE("the syslog daemon gets one RFC 3164 datagram an event", "[events]") {
  const TemporaryFolder folder;
  Listener daemon(folder / "log");
  const auto sink = sink_of("syslog:" + (folder / "log").string());
  REQUIRE(sink->open());
  const EventRecord record = test::record_of(EventId::certificate_issued);
  CHECK(sink->write(record, to_json(record)));
  const std::string datagram = daemon.receive();
  const std::regex form(R"(<30>Jan (30|31) \d\d:\d\d:00 scep-ra\[)" + std::to_string(::getpid()) +
                        R"(\]: \{.*\})");
  CHECK(std::regex_match(datagram, form));
  CHECK(json_of(datagram) == nlohmann::json::parse(to_json(record)));
  CHECK(daemon.receive().empty());
}

TEST_CASE("the syslog severity is the event's level", "[events]") {
  const TemporaryFolder folder;
  Listener daemon(folder / "log");
  const auto sink = sink_of("syslog:" + (folder / "log").string());
  CHECK(sink->write(test::record_of(EventId::request_denied), "{}"));
  CHECK(daemon.receive().starts_with("<28>"));
  CHECK(sink->write(test::record_of(EventId::ra_certificate_problem), "{}"));
  CHECK(daemon.receive().starts_with("<27>"));
}

TEST_CASE("a syslog daemon that was restarted gets the next event", "[events]") {
  const TemporaryFolder folder;
  const auto sink = sink_of("syslog:" + (folder / "log").string());
  const EventRecord record = test::record_of(EventId::certificate_issued);
  {
    const Listener first(folder / "log");
    REQUIRE(sink->open());
    REQUIRE(sink->write(record, "{}"));
  }
  CHECK_FALSE(sink->write(record, "{}"));
  Listener second(folder / "log");
  CHECK(sink->write(record, "{\"id\":2}"));
  CHECK(second.receive().ends_with(": {\"id\":2}"));
}

TEST_CASE("a syslog daemon that is away is said and holds nobody up", "[events]") {
  const TemporaryFolder folder;
  const auto sink = sink_of("syslog:" + (folder / "log").string());
  const Status opened = sink->open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::unavailable);
  CHECK(opened.error().reason == Reason::event_not_written);
  CHECK_FALSE(sink->write(test::record_of(EventId::certificate_issued), "{}"));
}

TEST_CASE("a syslog daemon that does not read loses events and blocks nobody", "[events]") {
  const TemporaryFolder folder;
  Listener daemon(folder / "log");
  const auto sink = sink_of("syslog:" + (folder / "log").string());
  const EventRecord record = test::record_of(EventId::certificate_issued);
  bool lost = false;
  for (int event = 0; event < 100'000 && !lost; ++event) lost = !sink->write(record, "{}");
  CHECK(lost);
  while (!daemon.receive().empty()) continue;
  CHECK(sink->write(record, "{}"));
}

TEST_CASE("an event too long for a datagram is told with its long values cut", "[events]") {
  const TemporaryFolder folder;
  Listener daemon(folder / "log");
  const auto sink = sink_of("syslog:" + (folder / "log").string());
  EventRecord record = test::record_of(EventId::request_denied);
  record.reason = Reason::subject_not_allowed;
  record.serial = "4a01";
  record.subject = "CN=";
  for (int letter = 0; letter < 50'000; ++letter) record.subject += "\u00fc";
  record.sans.assign(64, "dns:" + std::string(4'000, '\x01'));
  CHECK(sink->write(record, to_json(record)));
  const std::string datagram = daemon.receive();
  CHECK(datagram.size() <= 8'000);
  const nlohmann::json told = json_of(datagram);
  CHECK(told.at("serial") == "4a01");
  CHECK(told.at("reason") == "subject-not-allowed");
  CHECK(told.at("subject").get<std::string>().ends_with("\u00fc..."));
}

}  // namespace
}  // namespace scep_ra::events
