#include <algorithm>
#include <array>

#include "module.h"

namespace scep_ra::httpd {
namespace {

int log_level(Severity severity) {
  switch (severity) {
    case Severity::info:
      return APLOG_INFO;
    case Severity::warning:
      return APLOG_WARNING;
    case Severity::error:
      return APLOG_ERR;
  }
  return APLOG_ERR;
}

// What leaves a body as it is. All others that are no part of the protocol may change it, under the
// names of their modules (deflate, substitute, includes, xlateout) or under one of the operator's.
bool may_stay(const ap_filter_rec_t& filter) {
  constexpr std::array<std::string_view, 5> names{"fixup_headers_out", "fixup_headers_err",
                                                  "mod_expires", "mod_session_out",
                                                  "modsecurity_out"};
  if (view(filter.name) == "byterange") return false;
  return filter.ftype >= AP_FTYPE_PROTOCOL ||
         std::ranges::find(names, view(filter.name)) != names.end();
}

void keep_filters_away(request_rec* r) {
  for (ap_filter_t *filter = r->output_filters, *next = nullptr; filter != nullptr; filter = next) {
    next = filter->next;
    if (!may_stay(*filter->frec)) ap_remove_output_filter(filter);
  }
}

const char* copy(request_rec* r, const std::string& text) {
  return apr_pstrmemdup(r->pool, text.data(), text.size());
}

void set_head(request_rec* r, const HttpReply& reply) {
  r->status = reply.status;
  r->content_encoding = nullptr;
  r->content_languages = nullptr;
  r->content_type = reply.content_type.empty() ? nullptr : copy(r, reply.content_type);
  // AddDefaultCharset is for texts of the server's own.
  static_cast<core_request_config*>(ap_get_core_module_config(r->request_config))
      ->suppress_charset = 1;
  ap_set_content_length(r, static_cast<apr_off_t>(reply.body.size()));
  for (const auto& [name, value] : reply.headers)
    apr_table_addn(r->headers_out, copy(r, name), copy(r, value));
}

}  // namespace

int send_reply(request_rec* r, const HttpReply& reply) {
  set_head(r, reply);
  keep_filters_away(r);
  apr_bucket_alloc_t* memory = r->connection->bucket_alloc;
  apr_bucket_brigade* brigade = apr_brigade_create(r->pool, memory);
  if (!reply.body.empty())
    APR_BRIGADE_INSERT_TAIL(
        brigade, apr_bucket_pool_create(reply.body.data(), reply.body.size(), r->pool, memory));
  APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(memory));
  // When it fails the client has gone, and nobody is left to be told.
  ap_pass_brigade(r->output_filters, brigade);
  return OK;
}

int forbid(request_rec* r, const char* why) {
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "scep_ra: refused: %s", why);
  apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
  return HTTP_FORBIDDEN;
}

void copy_events(const request_rec* r, const std::vector<Event>& events) {
  for (const Event& event : events)
    ap_log_rerror(APLOG_MARK, log_level(event.severity), 0, r, "scep_ra event %d: %s", event.id,
                  event.text.c_str());
}

void copy_events(const server_rec* server, const std::vector<Event>& events) {
  for (const Event& event : events)
    ap_log_error(APLOG_MARK, log_level(event.severity), 0, server, "scep_ra event %d: %s", event.id,
                 event.text.c_str());
}

}  // namespace scep_ra::httpd
