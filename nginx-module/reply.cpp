#include "module.h"

namespace scep_ra::nginx {
namespace {

ngx_uint_t log_level(Severity severity) {
  switch (severity) {
    case Severity::info:
      return NGX_LOG_INFO;
    case Severity::warning:
      return NGX_LOG_WARN;
    case Severity::error:
      return NGX_LOG_ERR;
  }
  return NGX_LOG_ERR;
}

// Only in the list, without nginx's shortcuts to it: a relative Location stays relative.
void add_header(ngx_http_request_t* r, std::string_view name, std::string_view value) {
  auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (header == nullptr) throw std::bad_alloc();
  *header = {};
  header->key = copy(r->pool, name);
  header->value = copy(r->pool, value);
  header->hash = 1;
}

// An encoding that is not in the list of headers is not sent, but encoders of other modules see it
// and leave the body alone; nginx's own filters are turned off, see filters.cpp. A request that has
// had its effect is not answered with 304 or 412.
void shield(ngx_http_request_t* r) {
  auto& encoding = make<ngx_table_elt_t>(r->pool);
  encoding.value = ngx_string("identity");
  r->headers_out.content_encoding = &encoding;
  r->disable_not_modified = 1;
}

}  // namespace

ngx_int_t send_reply(ngx_http_request_t* r, const HttpReply& reply) {
  r->headers_out.status = static_cast<ngx_uint_t>(reply.status);
  r->headers_out.content_length_n = static_cast<off_t>(reply.body.size());
  r->headers_out.content_type = copy(r->pool, reply.content_type);
  r->headers_out.content_type_len = reply.content_type.size();
  for (const auto& [name, value] : reply.headers) add_header(r, name, value);
  shield(r);

  const ngx_int_t sent = ngx_http_send_header(r);
  if (sent == NGX_ERROR || sent > NGX_OK || r->header_only != 0) return sent;
  if (reply.body.empty()) return ngx_http_send_special(r, NGX_HTTP_LAST);

  auto& buf = make<ngx_buf_t>(r->pool);
  buf.pos = reinterpret_cast<u_char*>(const_cast<char*>(reply.body.data()));
  buf.last = buf.pos + reply.body.size();
  buf.memory = 1;  // not written to
  buf.last_buf = 1;
  buf.last_in_chain = 1;
  ngx_chain_t chain{&buf, nullptr};
  return ngx_http_output_filter(r, &chain);
}

ngx_int_t forbid(ngx_http_request_t* r, const char* why) {
  ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "scep_ra: refused: %s", why);
  add_header(r, "Cache-Control", "no-store");
  return NGX_HTTP_FORBIDDEN;
}

void copy_events(ngx_log_t* log, const std::vector<Event>& events) {
  for (const Event& event : events)
    ngx_log_error(log_level(event.severity), log, 0, "scep_ra event %d: %*s", event.id,
                  event.text.size(), event.text.data());
}

}  // namespace scep_ra::nginx
