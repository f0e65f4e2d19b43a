#include "web/mscep_admin.h"

#include "base/text.h"
#include "web/admin_gate.h"
#include "web/http_status.h"
#include "web/mscep.h"
#include "web/ndes_pages.h"
#include "web/query.h"

namespace scep_ra::web {
namespace {

enum class Wish : std::uint8_t { page, password, thumbprint };

std::optional<Wish> wish_of(const Query& query) {
  const std::optional<std::string>& operation = query.operation;
  if (!operation) return Wish::page;
  if (equal_ignoring_case(*operation, "NDESGenerateChallenge")) return Wish::password;
  if (equal_ignoring_case(*operation, "NDESGetCACertThumbprint")) return Wish::thumbprint;
  return std::nullopt;
}

// IIS's default document, by name or not, with any PATH_INFO (ndes-behaviour 2).
bool is_page_path(std::string_view path) {
  const std::string name = lower(path.substr(0, path.find('/', 1)));
  return path.empty() || path == "/" || name == "/mscep.dll";
}

HttpReply refused(const Site& site, const HttpRequest& request, HttpReply reply, Reason reason,
                  std::string_view detail) {
  events::EventRecord record = site.events.begin(events::EventId::password_refused);
  record.client_address = request.remote_addr;
  record.user = request.remote_user;
  record.reason = reason;
  record.detail = detail;
  reply.events.push_back(site.events.tell(record));
  return reply;
}

HttpReply refused(const Site& site, const HttpRequest& request, int status, Reason reason,
                  std::string_view why) {
  return refused(site, request, text_reply(status, why), reason, why);
}

HttpReply store_away(const Site& site, const HttpRequest& request, const Error& error) {
  events::EventRecord record = site.events.begin(events::EventId::store_unavailable);
  record.client_address = request.remote_addr;
  record.user = request.remote_user;
  record.reason = error.reason;
  record.detail = error.detail;
  HttpReply reply = unavailable(retry_later);
  reply.events.push_back(site.events.tell(record));
  return reply;
}

// Why there is no password. A full cache was told as an event by the validator.
HttpReply without_password(const Site& site, const HttpRequest& request, Wish wish,
                           const Error& error) {
  if (error.reason == Reason::password_cache_full) {
    if (wish == Wish::page) return page_reply(cache_full_page(site.page));
    return unavailable(std::chrono::minutes{1});
  }
  if (error.code == Errc::denied)
    return refused(site, request, 404, error.reason, "no passwords are handed out here");
  if (error.code == Errc::unavailable) return store_away(site, request, error);
  return refused(site, request, text_reply(http_status(error.code), "internal error"), error.reason,
                 error.detail);
}

HttpReply with_password(const Site& site, Wish wish, std::string_view password) {
  if (wish == Wish::page) return page_reply(password_page(site.page, password));
  return text_reply(200, password);
}

HttpReply new_password(const Site& site, const HttpRequest& request, Wish wish) {
  if (const auto fault = fault_of_origin(request))
    return refused(site, request, 403, Reason::method_not_allowed, *fault);
  std::vector<Event> told;
  const Result<Secret> password =
      site.challenge.generate({request.remote_user, request.remote_addr, &told});
  HttpReply reply = password ? with_password(site, wish, as_text(password->reveal()))
                             : without_password(site, request, wish, password.error());
  reply.events.insert(reply.events.begin(), told.begin(), told.end());
  return reply;
}

HttpReply without_right(const Site& site, const HttpRequest& request, Wish wish) {
  HttpReply reply = wish == Wish::page ? page_reply(no_permission_page())
                                       : text_reply(403, "this user has no permission");
  return refused(site, request, std::move(reply), Reason::user_not_allowed,
                 "the user is not in admin.users");
}

}  // namespace

HttpReply admin_answer(const Site& site, const HttpRequest& request) {
  if (site.admin.require_tls && !came_over_tls(site.admin, request))
    return refused(site, request, 403, Reason::channel_not_allowed, "TLS is required here");
  if (request.remote_user.empty())
    return refused(site, request, 403, Reason::user_not_allowed, "nobody is logged in");
  const Result<Query> query = parse_query(request.query);
  if (!query)
    return refused(site, request, http_status(query.error().code), query.error().reason,
                   query.error().detail);
  if (is_scep_operation(query->operation.value_or(""))) return enrol_answer(site, request);
  if (request.body_too_large)
    return refused(site, request, 413, Reason::message_too_large, "message too large");
  if (!is_page_path(request.path)) return text_reply(404, "not found");
  if (request.method != "GET" && request.method != "POST")
    return refused(site, request, method_not_allowed("GET, POST"), Reason::method_not_allowed,
                   "neither GET nor POST");
  const std::optional<Wish> wish = wish_of(*query);
  if (!wish) return refused(site, request, 400, Reason::http_request_invalid, "unknown operation");
  if (!may_obtain_passwords(site.admin, request.remote_user))
    return without_right(site, request, *wish);
  if (*wish == Wish::thumbprint) return text_reply(200, site.page.ca_thumbprint);
  return new_password(site, request, *wish);
}

}  // namespace scep_ra::web
