#include "web/mscep.h"

#include <array>
#include <expected>
#include <utility>

#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"
#include "web/http_status.h"
#include "web/ndes_pages.h"
#include "web/query.h"

namespace scep_ra::web {
namespace {

enum class Operation : std::uint8_t {
  get_ca_caps,
  get_ca_cert,
  get_ca_cert_chain,
  get_next_ca_cert,
  pki_operation,
};

std::optional<Operation> operation_named(std::string_view name) {
  struct Named {
    std::string_view name;
    Operation operation;
  };
  constexpr std::array names{
      Named{"GetCACaps", Operation::get_ca_caps},
      Named{"GetCACert", Operation::get_ca_cert},
      Named{"GetCACertChain", Operation::get_ca_cert_chain},
      Named{"GetCAChain", Operation::get_ca_cert_chain},  // as certmonger calls it
      Named{"GetNextCACert", Operation::get_next_ca_cert},
      Named{"PKIOperation", Operation::pki_operation},
  };
  for (const Named& known : names)
    if (equal_ignoring_case(known.name, name)) return known.operation;
  return std::nullopt;
}

// A reply whose event has yet to be told.
struct Refusal {
  HttpReply reply;
  Reason reason;
};

HttpReply tell(const Site& site, const HttpRequest& request, Refusal refusal) {
  events::EventRecord record = site.events.begin(events::EventId::message_unreadable);
  record.client_address = request.remote_addr;
  record.reason = refusal.reason;
  record.detail = refusal.reply.body;
  refusal.reply.events.push_back(site.events.tell(record));
  return std::move(refusal.reply);
}

Refusal malformed(std::string_view why) {
  return {text_reply(400, why), Reason::http_request_invalid};
}

Refusal wrong_method(std::string_view allowed) {
  return {method_not_allowed(allowed), Reason::method_not_allowed};
}

Refusal too_large() {
  return {text_reply(413, "message too large"), Reason::message_too_large};
}

HttpReply binary_reply(std::string_view content_type, std::string_view body) {
  HttpReply reply;
  reply.status = 200;
  reply.content_type = content_type;
  reply.body = body;
  return reply;
}

// What this RA may not have: scep-requirements C21, C30.
HttpReply if_there(std::string_view content_type, std::string_view body) {
  return body.empty() ? text_reply(404, "not available here") : binary_reply(content_type, body);
}

// What can be said without the body; an empty value: a PKIOperation, or a POST that may be one.
using Judgement = std::expected<std::optional<HttpReply>, Refusal>;

Judgement judge_operation(const Site& site, const HttpRequest& request, std::string_view name) {
  const std::optional<Operation> operation = operation_named(name);
  if (!operation) return std::unexpected(malformed("unknown operation"));
  switch (*operation) {
    case Operation::get_ca_caps:
      return binary_reply("text/plain", site.answers.ca_caps);
    case Operation::get_ca_cert:
      return binary_reply("application/x-x509-ca-ra-cert", site.answers.ca_certificates);
    case Operation::get_ca_cert_chain:
      return if_there("application/x-x509-ca-ra-cert-chain", site.answers.ca_chain);
    case Operation::get_next_ca_cert:
      return if_there("application/x-x509-next-ca-cert", site.answers.next_ca_certificates);
    case Operation::pki_operation:
      if (request.method == "HEAD") return std::unexpected(wrong_method("GET, POST"));
      return std::nullopt;
  }
  return std::unexpected(malformed("unknown operation"));
}

Judgement judge(const Site& site, const HttpRequest& request) {
  const bool posted = request.method == "POST";
  if (!posted && request.method != "GET" && request.method != "HEAD")
    return std::unexpected(wrong_method("GET, HEAD, POST"));
  const auto query = parse_query(request.query);
  if (!query) return std::unexpected(malformed(query.error().detail));
  if (const auto& operation = query->operation) return judge_operation(site, request, *operation);
  if (posted) return std::nullopt;
  if (request.query.empty()) return page_reply(landing_page(request.host));
  return std::unexpected(malformed("operation is missing"));
}

bool looks_like_cms(Bytes message) {
  return !message.empty() && message.front() == 0x30;
}

// Octets, or base64 text of them (scep-requirements T10).
std::optional<Buffer> message_of_body(std::string_view body) {
  if (looks_like_cms(as_bytes(body))) return to_buffer(as_bytes(body));
  return base64_decode_tolerant(body);
}

std::optional<Buffer> message_of_query(std::string_view query) {
  const std::string_view encoded =
      parse_query(query).value_or(Query{}).message.value_or(std::string_view{});
  const auto text = percent_decode(encoded);
  return text ? base64_decode_tolerant(*text) : std::nullopt;
}

bool names_operation(std::string_view query) {
  const auto parsed = parse_query(query);
  return parsed && parsed->operation;
}

HttpReply reply_to(enrol::Outcome outcome) {
  HttpReply reply;
  const int status = http_status(outcome.error);
  if (outcome.cert_rep) {
    reply = binary_reply("application/x-pki-message", as_text(*outcome.cert_rep));
    reply.headers = {{"Cache-Control", "no-store"}};
  } else if (status == 503) {
    reply = unavailable(outcome.retry_after.value_or(retry_later));
  } else if (status == 429) {
    reply = too_many_attempts(outcome.retry_after.value_or(retry_later));
  } else {
    reply = text_reply(status, status == 500 ? "internal error" : "not a usable message");
  }
  reply.events = std::move(outcome.events);
  return reply;
}

}  // namespace

bool is_scep_operation(std::string_view name) {
  return operation_named(name).has_value();
}

std::optional<HttpReply> enrol_answer_at_once(const Site& site, const HttpRequest& request) {
  return judge(site, request).value_or(std::nullopt);
}

HttpReply enrol_answer(const Site& site, const HttpRequest& request) {
  const auto refused = [&](Refusal refusal) { return tell(site, request, std::move(refusal)); };
  Judgement judged = judge(site, request);
  if (!judged) return refused(std::move(judged).error());
  if (*judged) return **std::move(judged);
  const bool posted = request.method == "POST";
  if (posted && (request.body_too_large || request.body.size() > site.maximum_message))
    return refused(too_large());
  const std::optional<Buffer> message =
      posted ? message_of_body(request.body) : message_of_query(request.query);
  if (posted && !names_operation(request.query) && !looks_like_cms(message.value_or(Buffer{})))
    return refused(malformed("operation is missing"));
  if (!message) return refused(malformed("message is not base64"));
  if (message->empty()) return refused(malformed("message is empty"));
  if (message->size() > site.maximum_message) return refused(too_large());
  return reply_to(site.pki_operation(*message, request.remote_addr));
}

}  // namespace scep_ra::web
