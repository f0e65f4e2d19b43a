#pragma once

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/text.h"
#include "web/router.h"

namespace scep_ra::web::test {

class StoppedClock final : public Clock {
 public:
  std::chrono::sys_time<std::chrono::microseconds> now() const override { return {}; }
};

class MemorySink final : public events::EventSink {
 public:
  explicit MemorySink(std::vector<nlohmann::json>& told) : told_(told) {}
  Status open() override { return {}; }
  bool write(const events::EventRecord&, const std::string& json) noexcept override {
    told_.push_back(nlohmann::json::parse(json));
    return true;
  }

 private:
  std::vector<nlohmann::json>& told_;
};

// Hands out one and the same password, or what a test puts in its way.
class FakeChallenge final : public challenge::ChallengeValidator {
 public:
  Result<Secret> generate(const challenge::Requester& requester) override {
    if (requester.told != nullptr) *requester.told = events;
    if (error) return std::unexpected(*error);
    minted.push_back(requester);
    return Secret(std::string_view("8CE317021F690069"));
  }
  Result<policy::Authorisation> verify(const crypto::Csr&, Bytes) override {
    return fail(Errc::denied, Reason::password_unknown, "not of interest here");
  }

  std::optional<Error> error;
  std::vector<Event> events;  // that it tells of each request
  std::vector<challenge::Requester> minted;
};

inline std::string header(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers)
    if (equal_ignoring_case(key, name)) return value;
  return {};
}

inline bool has_header(const HttpReply& reply, std::string_view name) {
  return std::ranges::any_of(
      reply.headers, [&](const auto& line) { return equal_ignoring_case(line.first, name); });
}

// The text of a page as every client of NDES reads it: UTF-16LE behind a byte order mark.
inline std::string page_text(const HttpReply& reply) {
  const std::string& body = reply.body;
  if (!body.starts_with("\xff\xfe") || body.size() % 2 != 0)
    throw std::runtime_error("not UTF-16LE");
  std::string text;
  for (std::size_t at = 2; at < body.size(); at += 2) {
    if (body[at + 1] != '\0') throw std::runtime_error("not ASCII");
    text += body[at];
  }
  return text;
}

// One RA's faces with fakes behind them.
struct Bench {
  Bench() {
    std::vector<std::unique_ptr<events::EventSink>> sinks;
    sinks.push_back(std::make_unique<MemorySink>(told));
    events = std::make_unique<events::EventLog>("Contoso NDES", "ra1", clock, std::move(sinks));
    site = std::make_unique<Site>(Site{answers, admin, page, challenge, *events, 1'000,
                                       [this](Bytes message, const std::string& client) {
                                         messages.push_back(to_string(message));
                                         clients.push_back(client);
                                         return outcome;
                                       },
                                       [this] { return health; }});
    outcome.cert_rep = to_buffer(as_bytes("a CertRep"));
  }

  HttpReply enrol(std::string method, std::string query, std::string body = "") const {
    HttpRequest request;
    request.method = std::move(method);
    request.path = "/mscep.dll/pkiclient.exe";
    request.query = std::move(query);
    request.body = std::move(body);
    request.host = "ra.example.test";
    request.remote_addr = "192.0.2.7";
    return answer(*site, Endpoint::enrol, request);
  }

  // A request of the administrator's as it ought to be, to be spoilt by a test.
  static HttpRequest admin_request() {
    HttpRequest request;
    request.method = "GET";
    request.path = "/";
    request.host = "ra.example.test";
    request.remote_addr = "192.0.2.9";
    request.peer_addr = "192.0.2.9";
    request.remote_user = "CONTOSO\\svc-jamf";
    request.over_tls = true;
    return request;
  }
  HttpReply ask(const HttpRequest& request) const {
    return answer(*site, Endpoint::admin, request);
  }

  StaticAnswers answers{"POSTPKIOperation\nSHA-256", "\x30\x03\x02\x01\x01"};
  AdminRules admin{{"CONTOSO\\svc-jamf", "admin"}, true, {"192.0.2.1", "2001:db8::1"}};
  PasswordPage page{"A656FA66 AB12B433 A2DA5CF7 CC153D9A", std::chrono::minutes{60}, 5};
  StoppedClock clock;
  FakeChallenge challenge;
  std::vector<nlohmann::json> told;
  std::unique_ptr<events::EventLog> events;
  enrol::Outcome outcome;
  Health health;
  std::vector<std::string> messages, clients;
  std::unique_ptr<Site> site;
};

}  // namespace scep_ra::web::test
