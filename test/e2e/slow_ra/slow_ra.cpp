// An RA for tests of the server modules. It answers with the request as JSON; the query may ask for
//   now        answer in handle_at_once        sleep=MS     wait before answering
//   status=N   this status                     type=TEXT    this Content-Type ("none": none at all)
//   size=N     a body of N letters             header=A:B   one more header
//   event=info|warning|error                   an event with the reply
// Every answer counts into the file named by `journal`, a line each: what was done is seen even
// when nobody is left to receive it. Its configuration is a list of `key = value` lines.
#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "scep-ra/ra.h"

namespace scep_ra {
namespace {

using Query = std::map<std::string, std::string>;

Query parse(const std::string& text) {
  Query query;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, '&');) {
    const auto equals = part.find('=');
    query[part.substr(0, equals)] = equals == std::string::npos ? "" : part.substr(equals + 1);
  }
  return query;
}

std::string echo(Endpoint face, const HttpRequest& request) {
  nlohmann::json headers = nlohmann::json::array();
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  return nlohmann::json{{"face", std::to_underlying(face)},
                        {"method", request.method},
                        {"path", request.path},
                        {"query", request.query},
                        {"content_type", request.content_type},
                        {"body", request.body},
                        {"host", request.host},
                        {"remote_addr", request.remote_addr},
                        {"peer_addr", request.peer_addr},
                        {"remote_user", request.remote_user},
                        {"headers", headers},
                        {"over_tls", request.over_tls}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

HttpReply reply_to(Endpoint face, const HttpRequest& request, const Query& query) {
  HttpReply reply{.status = 200,
                  .content_type = "application/json",
                  .body = echo(face, request),
                  .headers = {},
                  .events = {}};
  for (const auto& [name, value] : query) {
    if (name == "status") reply.status = std::stoi(value);
    if (name == "type") reply.content_type = value == "none" ? "" : value;
    if (name == "size") reply.body = std::string(std::stoul(value), 'x');
    if (name == "header")
      reply.headers = {{value.substr(0, value.find(':')), value.substr(value.find(':') + 1)}};
    if (name == "event") {
      const auto severity = value == "info"      ? Severity::info
                            : value == "warning" ? Severity::warning
                                                 : Severity::error;
      reply.events.push_back({.id = 42, .severity = severity, .text = "the query asked for it"});
    }
  }
  return reply;
}

// What a thread keeps takes a while to go.
struct ThreadState {
  std::atomic<int>* threads = nullptr;
  ~ThreadState() { end(); }
  void end() {
    if (threads == nullptr) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    --*std::exchange(threads, nullptr);
  }
};

thread_local ThreadState state;

}  // namespace

class Ra::Inside {
 public:
  std::size_t maximum_message = std::size_t{1} << 20;
  std::size_t maximum_in_flight = 10'000;
  std::string journal;
  bool start_fails = false;
  std::mutex mutex;
  std::vector<Event> events;

  // As the real one's library context, it is still needed when a thread that has called it ends.
  std::atomic<int> threads = 0;
  ~Inside() {
    if (threads != 0) note("destroyed under its threads");
  }

  void note_thread() {
    if (state.threads == nullptr) ++*(state.threads = &threads);
  }

  void note(const std::string& line) {
    const std::lock_guard lock(mutex);
    if (!journal.empty()) std::ofstream(journal, std::ios::app) << line << '\n';
  }

  // As the real one refuses: with an event.
  HttpReply refuse(int status, const std::string& why) {
    note("refuse " + why);
    return {.status = status,
            .content_type = "text/plain",
            .body = why,
            .headers = {{"Cache-Control", "no-store"}},
            .events = {{.id = 44, .severity = Severity::warning, .text = why}}};
  }
};

Ra::Ra(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Ra::~Ra() = default;

Result<std::unique_ptr<Ra>> Ra::load(const Path& file) {
  std::ifstream in(file);
  if (!in)
    return fail(Errc::config, Reason::configuration_invalid, file.string() + ": cannot be read");
  auto inside = std::make_unique<Inside>();
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const std::string value = line.substr(line.find_last_of(' ') + 1);
    if (line.starts_with("maximum_message = ")) {
      inside->maximum_message = std::stoul(value);
    } else if (line.starts_with("in_flight = ")) {
      inside->maximum_in_flight = std::stoul(value);
    } else if (line.starts_with("journal = ")) {
      inside->journal = value;
    } else if (line == "start = fails") {
      inside->start_fails = true;
    } else if (!line.empty()) {
      return fail(Errc::config, Reason::configuration_invalid,
                  file.string() + ":" + std::to_string(number) + ": unknown key");
    }
  }
  return std::unique_ptr<Ra>(new Ra(std::move(inside)));
}

Status Ra::start() {
  inside_->note("start");
  if (inside_->start_fails)
    return fail(Errc::unavailable, Reason::store_unavailable, "the store is away");
  return {};
}

std::optional<HttpReply> Ra::handle_at_once(Endpoint face, const HttpRequest& request) noexcept {
  const Query query = parse(request.query);
  if (!query.contains("now")) return std::nullopt;
  return reply_to(face, request, query);
}

HttpReply Ra::handle(Endpoint face, const HttpRequest& request) noexcept {
  inside_->note_thread();
  if (face == Endpoint::admin && request.remote_user.empty())
    return inside_->refuse(403, "nobody is proved");
  if (request.body_too_large) return inside_->refuse(413, "the body is too large");
  const Query query = parse(request.query);
  if (const auto sleep = query.find("sleep"); sleep != query.end())
    std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(sleep->second)));
  HttpReply reply = reply_to(face, request, query);
  inside_->note("handle " + request.query);
  return reply;
}

void Ra::maintain() noexcept {
  inside_->note_thread();
  inside_->note("maintain");
  const std::lock_guard lock(inside_->mutex);
  inside_->events.push_back({.id = 43, .severity = Severity::info, .text = "maintained"});
}

void Ra::end_thread() noexcept {
  state.end();
}

std::size_t Ra::maximum_message() const noexcept {
  return inside_->maximum_message;
}

std::size_t Ra::maximum_in_flight() const noexcept {
  return inside_->maximum_in_flight;
}

std::vector<Event> Ra::take_events() noexcept {
  const std::lock_guard lock(inside_->mutex);
  return std::exchange(inside_->events, {});
}

std::span<const std::string_view> headers_of_interest() noexcept {
  static constexpr std::string_view names[] = {"Origin", "User-Agent", "X-Forwarded-Proto"};
  return names;
}

std::unexpected<Error> fail(Errc code, Reason reason, std::string detail) {
  return std::unexpected(Error{code, reason, std::move(detail)});
}

}  // namespace scep_ra
