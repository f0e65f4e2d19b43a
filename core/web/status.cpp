#include "web/status.h"

#include <nlohmann/json.hpp>

namespace scep_ra::web {
namespace {

HttpReply told(std::string_view well, std::string_view ill,
               const std::vector<std::string>& reasons) {
  nlohmann::ordered_json json;
  json["status"] = reasons.empty() ? well : ill;
  json["reasons"] = reasons;
  HttpReply reply = text_reply(reasons.empty() ? 200 : 503, json.dump() + "\n");
  reply.content_type = "application/json";
  return reply;
}

}  // namespace

std::optional<HttpReply> status_answer_at_once(const HttpRequest& request) {
  if (request.path != "/ready" && request.path != "/health") return text_reply(404, "not found");
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
  return std::nullopt;
}

HttpReply status_answer(const Site& site, const HttpRequest& request) {
  if (auto reply = status_answer_at_once(request)) return *std::move(reply);
  const Health health = site.health();
  if (request.path == "/ready") return told("ready", "not ready", health.not_ready);
  return told("healthy", "unhealthy", health.unhealthy);
}

}  // namespace scep_ra::web
