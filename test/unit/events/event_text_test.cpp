#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "catch.h"
#include "fixtures.h"

namespace scep_ra::events {
namespace {

using nlohmann::json;
using namespace std::string_literals;

EventRecord issue() {
  EventRecord record = test::record_of(EventId::certificate_issued);
  record.ra = "Contoso NDES";
  record.node = "ra1";
  record.transaction_id = "4C0FFEE";
  record.message_type = "PKCSReq";
  record.certificate_template = "NDES-Device-Certificate";
  record.subject = "CN=device-1";
  record.sans = {"dns:device-1.example.test", "ip:192.0.2.7"};
  record.serial = "4a01";
  record.client_address = "192.0.2.7";
  record.digest = "SHA-256";
  record.cipher = "AES-128-CBC";
  record.stages_us = {{"verify", 120}, {"ca", 900}};
  return record;
}

std::string subject_as_logged(std::string subject) {
  EventRecord record = test::record_of(EventId::request_denied);
  record.subject = std::move(subject);
  return json::parse(to_json(record)).at("subject");
}

// What a reader does with a value that holds `\xNN`.
std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\') {
      text += line[at];
    } else if (line[at + 1] == '\\') {
      text += line[++at];
    } else {
      text += as_text(*hex_decode(line.substr(at + 2, 2)));
      at += 3;
    }
  }
  return text;
}

TEST_CASE("an event is one line of JSON whose fields keep their order", "[events]") {
  CHECK(to_json(issue()) ==
        R"({"time":"2026-01-31T09:30:00.250000Z","id":2,"microsoft_id":null,)"
        R"("name":"certificate-issued","level":"info","ra":"Contoso NDES","node":"ra1",)"
        R"("transaction_id":"4C0FFEE","message_type":"PKCSReq",)"
        R"("template":"NDES-Device-Certificate","subject":"CN=device-1",)"
        R"("sans":["dns:device-1.example.test","ip:192.0.2.7"],"serial":"4a01",)"
        R"("client_address":"192.0.2.7","user":null,"digest":"SHA-256","cipher":"AES-128-CBC",)"
        R"("reason":null,"detail":null,"stages_us":{"ca":900,"verify":120}})");
}

TEST_CASE("what does not apply to an event is null and never missing", "[events]") {
  CHECK(to_json(test::record_of(EventId::service_started)) ==
        R"({"time":"2026-01-31T09:30:00.250000Z","id":1,"microsoft_id":1,)"
        R"("name":"service-started","level":"info","ra":null,"node":null,"transaction_id":null,)"
        R"("message_type":null,"template":null,"subject":null,"sans":null,"serial":null,)"
        R"("client_address":null,"user":null,"digest":null,"cipher":null,"reason":null,)"
        R"("detail":null,"stages_us":null})");
}

TEST_CASE("a refusal carries its stable reason word", "[events]") {
  EventRecord record = test::record_of(EventId::challenge_rejected);
  record.reason = Reason::password_unknown;
  const json told = json::parse(to_json(record));
  CHECK(told.at("reason") == "password-unknown");
  CHECK(told.at("level") == "warning");
  CHECK(told.at("microsoft_id") == 29);
}

TEST_CASE("names in any language and Windows logins stand in the event as they are", "[events]") {
  CHECK(subject_as_logged("CN=M\u00fcller \u2603") == "CN=M\u00fcller \u2603");
  CHECK(subject_as_logged("CONTOSO\\svc-jamf") == "CONTOSO\\svc-jamf");
  CHECK(subject_as_logged("CONTOSO\\xavier") == "CONTOSO\\xavier");
  CHECK(subject_as_logged("CN=\"a\", O=b\\,c") == "CN=\"a\", O=b\\,c");
}

TEST_CASE("hostile text cannot break the line and nothing of it is lost",
          "[events][case:P7][req:S6]") {
  const auto hostile = GENERATE(as<std::string>{}, "CN=a\r\n{\"id\":2}", "a\0b"s, "\x1b[2J",
                                "\xff\xfe\xc0\xaf", "\x7f", "right\u202eleft", "line\u2028line",
                                "a\\\n", "</script>\n", "\x80 after \\x41 before");
  EventRecord record = test::record_of(EventId::request_denied);
  record.transaction_id = record.detail = record.user = hostile;
  record.sans = {hostile};
  const std::string line = to_json(record);
  REQUIRE(is_valid_utf8(line));
  CHECK(escaped(line).size() ==
        line.size() + static_cast<std::size_t>(std::ranges::count(line, '\\')));  // all printable
  const json told = json::parse(line);
  CHECK(unescaped(told.at("transaction_id").get<std::string>()) == hostile);
  CHECK(unescaped(told.at("sans").at(0).get<std::string>()) == hostile);
}

TEST_CASE("text that only looks escaped is told apart from text that is", "[events]") {
  CHECK(subject_as_logged("CN=\\x41") == "CN=\\\\x41");
  CHECK(subject_as_logged("CN=\x01") == "CN=\\x01");
  CHECK(subject_as_logged("CN=\\x01") == "CN=\\\\x01");
  CHECK(unescaped(subject_as_logged("CN=\\x41")) == "CN=\\x41");
}

TEST_CASE("the server's log gets the event's name and what identifies it", "[events]") {
  const Event event = for_server_log(issue());
  CHECK(event.id == 2);
  CHECK(event.severity == Severity::info);
  CHECK(event.text ==
        "certificate-issued ra=\"Contoso NDES\" transaction_id=4C0FFEE message_type=PKCSReq "
        "template=NDES-Device-Certificate subject=\"CN=device-1\" serial=4a01 "
        "client_address=192.0.2.7");
}

TEST_CASE("hostile text forges no field and no line in the server's log", "[events][case:P7]") {
  EventRecord record = test::record_of(EventId::request_denied);
  record.reason = Reason::subject_not_allowed;
  record.subject = "CN=a\" reason=none\n2026/01/31 [crit] owned";
  CHECK(for_server_log(record).text ==
        "request-denied subject=\"CN=a\\x22 reason=none\\x0A2026/01/31 [crit] owned\" "
        "reason=subject-not-allowed");
}

TEST_CASE("a long subject is whole in the event and short in the server's log", "[events]") {
  EventRecord record = test::record_of(EventId::request_denied);
  record.subject = "CN=" + std::string(100'000, 'x');
  record.reason = Reason::subject_not_allowed;
  CHECK(json::parse(to_json(record)).at("subject") == record.subject);
  const std::string text = for_server_log(record).text;
  CHECK(text.size() < 400);
  CHECK(text.find("x...\" reason=subject-not-allowed") != std::string::npos);
}

}  // namespace
}  // namespace scep_ra::events
