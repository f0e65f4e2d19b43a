#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"
#include "support/fixed_ra.h"
#include "support/must.h"
#include "web/router.h"

// A request as text: a line `FACE METHOD PATH QUERY`, lines `Name: value` (those that begin with @
// say what a server knows), an empty line, the body. The message that enrolment gets is the same
// however it is wrapped and cut; what is answered at once is answered the same later; no password
// without the right to one; nothing of a request comes back.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

constexpr std::string_view secret = "8CE317021F690069";

class OnePassword final : public challenge::ChallengeValidator {
 public:
  Result<Secret> generate(const challenge::Requester&) override {
    ++minted;
    return Secret(secret);
  }
  Result<policy::Authorisation> verify(const crypto::Csr&, Bytes) override {
    return fail(Errc::denied, Reason::password_unknown, "not of interest here");
  }
  unsigned minted = 0;
};

struct Faces {
  FixedClock clock;
  std::vector<std::string> told;
  events::EventLog events = log_into(told, clock);
  web::StaticAnswers answers{"POSTPKIOperation\nSHA-256", "\x30\x03\x02\x01\x01"};
  web::AdminRules admin{{"CONTOSO\\svc-jamf", "admin"}, true, {"192.0.2.1", "2001:db8::1"}};
  web::PasswordPage page{"A656FA66 AB12B433 A2DA5CF7 CC153D9A", std::chrono::minutes{60}, 5};
  OnePassword challenge;
  std::vector<Buffer> messages;
  web::Site site{answers,
                 admin,
                 page,
                 challenge,
                 events,
                 4096,
                 [this](Bytes message, const std::string&) {
                   messages.push_back(to_buffer(message));
                   enrol::Outcome outcome;
                   outcome.cert_rep = to_buffer(as_bytes("a CertRep"));
                   return outcome;
                 },
                 [] { return web::Health{}; }};
};

struct Asked {
  Endpoint face = Endpoint::enrol;
  HttpRequest request;
};

std::string_view word_of(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

void take_header(HttpRequest& request, std::string_view line) {
  const auto colon = line.find(": ");
  if (colon == line.npos) return;
  const std::string name(line.substr(0, colon));
  const std::string value(line.substr(colon + 2));
  if (name == "@user")
    request.remote_user = value;
  else if (name == "@peer")
    request.peer_addr = value;
  else if (name == "@tls")
    request.over_tls = value == "yes";
  else if (name == "@large")
    request.body_too_large = true;
  else if (name == "Host")
    request.host = value;
  else if (name == "Content-Type")
    request.content_type = value;
  else
    request.headers.emplace_back(name, value);
}

Asked asked_by(std::string_view text) {
  Asked asked;
  const auto next_line = [&] {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
  };
  std::string_view first = next_line();
  const std::string_view face = word_of(first);
  asked.face = face == "admin"    ? Endpoint::admin
               : face == "status" ? Endpoint::status
                                  : Endpoint::enrol;
  asked.request.method = word_of(first);
  asked.request.path = word_of(first);
  asked.request.query = first;
  asked.request.remote_addr = "192.0.2.7";
  for (auto line = next_line(); !line.empty(); line = next_line()) take_header(asked.request, line);
  asked.request.body = text;
  return asked;
}

bool is_line(std::string_view text) {
  return text.find_first_of("\r\n") == text.npos && !text.contains('\0');
}

void judge_reply(const HttpReply& reply) {
  constexpr std::array statuses{200, 400, 403, 404, 405, 413, 503};
  must(std::ranges::find(statuses, reply.status) != statuses.end(),
       "a status that the page of reasons knows");
  must(is_line(reply.content_type), "Content-Type is one line");
  for (const auto& [name, value] : reply.headers)
    must(is_line(name) && is_line(value), "a header is one line");
  must(reply.events.size() <= 1, "one event a request at most");
}

// An error is one of our own sentences: nothing of the request, nothing that tells how we are
// built.
void judge_error(const HttpReply& reply) {
  constexpr std::array<std::string_view, 20> sentences{"",
                                                       "asked by a page of another site",
                                                       "a browser asked ahead of time",
                                                       "message is empty",
                                                       "message is given twice",
                                                       "message is not base64",
                                                       "message too large",
                                                       "method not allowed",
                                                       "neither GET nor POST",
                                                       "no passwords are handed out here",
                                                       "nobody is logged in",
                                                       "not available here",
                                                       "not found",
                                                       "operation is given twice",
                                                       "operation is missing",
                                                       "operation is not percent-encoded text",
                                                       "temporarily unavailable",
                                                       "this user has no permission",
                                                       "TLS is required here",
                                                       "unknown operation"};
  if (reply.status != 200)
    must(std::ranges::find(sentences, reply.body) != sentences.end(), "an error is our own word");
}

// Who may see a password, in the words of the settings alone.
void judge_password(const Faces& faces, const Asked& asked, const HttpReply& reply) {
  const std::string wide = utf16le_with_bom(secret).substr(2);
  const bool shown = reply.body.contains(secret) || reply.body.contains(wide);
  must(shown == (faces.challenge.minted == 1), "a password is shown when one is minted");
  if (faces.challenge.minted == 0) return;
  const HttpRequest& request = asked.request;
  must(asked.face == Endpoint::admin, "only the admin face mints");
  must(request.remote_user == "CONTOSO\\svc-jamf" || request.remote_user == "admin",
       "only a listed user gets a password");
  const bool from_proxy = request.peer_addr == "192.0.2.1" || request.peer_addr.contains(':') ||
                          request.peer_addr.contains("192.0.2.1");
  must(request.over_tls || from_proxy, "no password without TLS");
  must(request.method == "GET" || request.method == "POST", "HEAD mints nothing");
  for (const auto& [name, value] : request.headers) {
    must(!equal_ignoring_case(name, "Sec-Purpose"), "no password ahead of time");
    must(!equal_ignoring_case(name, "Sec-Fetch-Site") || !equal_ignoring_case(value, "cross-site"),
         "no password for another site");
  }
  const bool uncached = std::ranges::any_of(reply.headers, [](const auto& line) {
    return line.first == "Cache-Control" && line.second.contains("no-store");
  });
  must(uncached, "no cache keeps a password");
}

HttpReply answered(Faces& faces, const Asked& asked) {
  faces.messages.clear();
  return web::answer(faces.site, asked.face, asked.request);
}

std::string with_breaks(std::string_view text, std::size_t every) {
  std::string broken;
  for (std::size_t at = 0; at < text.size(); at += every) {
    broken += text.substr(at, every);
    broken += at % 2 ? "\r\n" : "\n";
  }
  return broken;
}

// The same message as octets, as base64 on one line and on many, and in the URL.
void judge_wrappings(Faces& faces, const Buffer& message) {
  if (message.empty() || message.front() != 0x30 || message.size() > 2048) return;
  const std::string text = base64_encode(message);
  Asked post;
  post.request.method = "POST";
  post.request.query = "operation=PKIOperation";
  Asked get;
  get.request.method = "GET";
  get.request.query = "operation=PKIOperation&message=" + percent_encode(text);
  std::vector<Asked> all{get, post};
  for (const std::string& body :
       {to_string(message), text, with_breaks(text, 64), with_breaks(text, 1)}) {
    post.request.body = body;
    all.push_back(post);
  }
  all.erase(all.begin() + 1);
  for (const Asked& one : all) {
    const HttpReply reply = answered(faces, one);
    const bool fits = one.request.body.size() <= faces.site.maximum_message;
    must(fits == (reply.status == 200), "the same verdict however the body is cut");
    if (fits)
      must(faces.messages == std::vector<Buffer>{message},
           "the same message however it is wrapped");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Faces faces;
  const Asked asked = asked_by(as_text({data, size}));
  const auto at_once = web::answer_at_once(faces.site, asked.face, asked.request);
  must(faces.told.empty() && faces.messages.empty() && faces.challenge.minted == 0,
       "what is answered at once tells and does nothing");
  const HttpReply reply = answered(faces, asked);
  judge_reply(reply);
  judge_error(reply);
  judge_password(faces, asked, reply);
  if (at_once)
    must(at_once->status == reply.status && at_once->body == reply.body,
         "answered at once as it would be later");
  must(faces.messages.size() <= 1, "one message a request at most");
  if (!faces.messages.empty()) judge_wrappings(faces, Buffer(faces.messages.front()));
  return 0;
}
