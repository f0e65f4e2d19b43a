#include "request.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "admin_access.h"
#include "reply.h"
#include "task.h"

namespace scep_ra::nginx {
namespace {

bool same_header(const ngx_str_t& name, std::string_view wanted) {
  return name.len == wanted.size() && std::ranges::equal(view(name), wanted, [](char a, char b) {
           return ngx_tolower(a) == ngx_tolower(b);
         });
}

// How much of the URI a location has matched: its name, or what its regular expression found.
std::size_t matched_length(const ngx_http_core_loc_conf_t& location, ngx_str_t uri) {
  if (location.regex == nullptr)
    return view(uri).starts_with(view(location.name)) ? location.name.len : 0;
  std::array<int, 3> found{};  // begin and end of the match, and PCRE's working space
  if (ngx_regex_exec(location.regex->regex, &uri, found.data(), found.size()) < 0) return 0;
  return static_cast<std::size_t>(found[1]);
}

// What follows the matched part, with its leading slash; empty when nothing follows. The whole URI
// when the match ends inside a name, as `/scep` does in `/scep.cgi`.
std::string path_below(const ngx_http_core_loc_conf_t& location, const ngx_str_t& uri) {
  const std::string_view whole = view(uri);
  std::size_t begin = matched_length(location, uri);
  if (begin > 0 && whole[begin - 1] == '/') --begin;
  const std::string_view rest = whole.substr(begin);
  return std::string(rest.empty() || rest.front() == '/' ? rest : whole);
}

void on_body(ngx_http_request_t* r) {
  const auto answered = guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [r]() -> ngx_int_t {
    Job& job = job_of(r);
    auto body = read_body(r, job.ra->ra->maximum_message());
    if (!body) return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    job.request.body = *std::move(body);
    return post(r, job);
  });
  if (answered != NGX_DONE) ngx_http_finalize_request(r, answered);
}

ngx_int_t answer(ngx_http_request_t* r) {
  // The access phase skips subrequests: nothing has proved a user for them.
  if (r != r->main) return NGX_HTTP_FORBIDDEN;
  const LocationConf& conf = location_conf(r);
  Job& job = make<Job>(r->pool);
  job.ra = conf.ra;
  job.pool = conf.pool;
  job.face = *conf.face;
  job.request = read_head(r, conf);
  if (job.face == Endpoint::admin) {
    job.request.remote_user = proved_user(r, conf);
    if (job.request.remote_user.empty()) return NGX_HTTP_FORBIDDEN;
  }
  ngx_http_set_ctx(r, &job, ngx_http_scep_ra_module);

  if (auto reply = conf.ra->ra->handle_at_once(job.face, job.request)) {
    job.reply = *std::move(reply);
    copy_events(r->connection->log, job.reply.events);
    if (const ngx_int_t code = ngx_http_discard_request_body(r); code != NGX_OK) return code;
    return send_reply(r, job.reply);
  }
  if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0) {
    if (const ngx_int_t code = ngx_http_discard_request_body(r); code != NGX_OK) return code;
    const ngx_int_t code = post(r, job);
    if (code == NGX_DONE) r->main->count++;  // nginx's body reader does so itself
    return code;
  }
  if (r->headers_in.content_length_n > static_cast<off_t>(conf.ra->ra->maximum_message()))
    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
  const ngx_int_t code = ngx_http_read_client_request_body(r, on_body);
  return code >= NGX_HTTP_SPECIAL_RESPONSE ? code : NGX_DONE;
}

}  // namespace

ngx_int_t on_request(ngx_http_request_t* r) {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [r] { return answer(r); });
}

HttpRequest read_head(ngx_http_request_t* r, const LocationConf& conf) {
  const ngx_http_headers_in_t& in = r->headers_in;
  HttpRequest request;
  request.method = view(r->method_name);
  request.path = path_below(*conf.location, r->uri);
  request.query = view(r->args);
  request.content_type = view(in.content_type);
  request.host = in.host != nullptr ? view(in.host) : view(in.server);
  request.remote_addr = view(r->connection->addr_text);
  request.over_tls = r->connection->ssl != nullptr;
  for (const ngx_list_part_t* part = &in.headers.part; part != nullptr; part = part->next) {
    const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
    for (const auto* end = header + part->nelts; header != end; ++header)
      for (const std::string_view wanted : headers_of_interest())
        if (same_header(header->key, wanted))
          request.headers.emplace_back(wanted, view(header->value));
  }
  return request;
}

std::optional<std::string> read_body(const ngx_http_request_t* r, std::size_t maximum) {
  std::string body;
  const ngx_chain_t* chain = r->request_body != nullptr ? r->request_body->bufs : nullptr;
  for (; chain != nullptr; chain = chain->next) {
    const ngx_buf_t& buf = *chain->buf;
    const auto size = static_cast<std::size_t>(ngx_buf_size(chain->buf));
    if (size > maximum - body.size()) return std::nullopt;
    if (size == 0) continue;  // only marks the end
    if (ngx_buf_in_memory(chain->buf)) {
      body.append(reinterpret_cast<const char*>(buf.pos), size);
      continue;
    }
    const std::size_t before = body.size();
    body.resize(before + size);
    auto* to = reinterpret_cast<u_char*>(body.data() + before);
    if (ngx_read_file(buf.file, to, size, buf.file_pos) != static_cast<ssize_t>(size))
      throw std::runtime_error("the temporary file of the body is short");
  }
  return body;
}

}  // namespace scep_ra::nginx
