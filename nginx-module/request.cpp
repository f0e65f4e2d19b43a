#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "module.h"

namespace scep_ra::nginx {
namespace {

// How much of the URI a location has matched: its name, or what its regular expression found.
std::size_t matched_length(const ngx_http_core_loc_conf_t& location, ngx_str_t uri) {
  if (location.regex == nullptr)
    return view(uri).starts_with(view(location.name)) ? location.name.len : 0;
  std::array<int, 3> found{};  // begin and end of the match, and working space
  if (ngx_regex_exec(location.regex->regex, &uri, found.data(), found.size()) < 0) return 0;
  return static_cast<std::size_t>(found[1]);
}

// What follows the matched part, with its leading slash; empty when nothing follows. The whole URI
// when the match ends inside a name, as `/scep` does in `/scep.cgi`.
std::string_view path_below(const ngx_http_core_loc_conf_t& location, const ngx_str_t& uri) {
  const std::string_view whole = view(uri);
  std::size_t begin = matched_length(location, uri);
  if (begin > 0 && whole[begin - 1] == '/') --begin;
  const std::string_view rest = whole.substr(begin);
  return rest.empty() || rest.front() == '/' ? rest : whole;
}

bool is_named(const ngx_str_t& header, std::string_view name) {
  return std::ranges::equal(view(header), name,
                            [](char a, char b) { return ngx_tolower(a) == ngx_tolower(b); });
}

// The TCP peer, also where realip has put the client's address in its place.
std::string peer_address(ngx_http_request_t* r) {
  std::string peer = variable(r, "realip_remote_addr");
  return peer.empty() ? std::string(view(r->connection->addr_text)) : peer;
}

void read_head(ngx_http_request_t* r, const LocationConf& conf, HttpRequest& request) {
  const ngx_http_headers_in_t& in = r->headers_in;
  request.method = view(r->method_name);
  request.path = path_below(*conf.location, r->uri);
  request.query = view(r->args);
  request.content_type = view(in.content_type);
  request.host = in.host != nullptr ? view(in.host) : view(in.server);
  request.remote_addr = view(r->connection->addr_text);
  request.peer_addr = peer_address(r);
  request.over_tls = r->connection->ssl != nullptr;
  for (const ngx_list_part_t* part = &in.headers.part; part != nullptr; part = part->next) {
    const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
    for (const auto* end = header + part->nelts; header != end; ++header)
      for (const std::string_view name : headers_of_interest())
        if (is_named(header->key, name)) request.headers.emplace_back(name, view(header->value));
  }
}

// The body that nginx has read, from memory and temporary file; absent when it exceeds `maximum`.
std::optional<std::string> read_body(const ngx_http_request_t* r, std::size_t maximum) {
  std::string body;
  const ngx_chain_t* chain = r->request_body != nullptr ? r->request_body->bufs : nullptr;
  for (; chain != nullptr; chain = chain->next) {
    const ngx_buf_t& buf = *chain->buf;
    const auto size = static_cast<std::size_t>(ngx_buf_size(chain->buf));
    if (size == 0) continue;  // only marks the end
    if (size > maximum - body.size()) return std::nullopt;
    const std::size_t before = body.size();
    body.resize(before + size);
    auto* to = reinterpret_cast<u_char*>(body.data() + before);
    if (ngx_buf_in_memory(chain->buf))
      ngx_memcpy(to, buf.pos, size);
    else if (ngx_read_file(buf.file, to, size, buf.file_pos) != static_cast<ssize_t>(size))
      throw std::runtime_error("the temporary file of the body is short");
  }
  return body;
}

void on_body(ngx_http_request_t* r) {
  const auto result = guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [r]() -> ngx_int_t {
    Job& job = job_of(r);
    auto body = read_body(r, job.conf->ra->ra->maximum_message());
    job.request.body_too_large = !body;
    if (body) job.request.body = *std::move(body);
    return post(r, job);
  });
  if (result != NGX_DONE) ngx_http_finalize_request(r, result);
}

ngx_int_t without_body(ngx_http_request_t* r, Job& job) {
  if (const ngx_int_t code = ngx_http_discard_request_body(r); code != NGX_OK) return code;
  const ngx_int_t code = post(r, job);
  if (code == NGX_DONE) r->main->count++;  // as nginx's reader of bodies does
  return code;
}

ngx_int_t with_body(ngx_http_request_t* r, Job& job) {
  if (r->headers_in.content_length_n > static_cast<off_t>(job.conf->ra->ra->maximum_message())) {
    job.request.body_too_large = true;
    return without_body(r, job);
  }
  const ngx_int_t code = ngx_http_read_client_request_body(r, on_body);
  return code >= NGX_HTTP_SPECIAL_RESPONSE ? code : NGX_DONE;
}

ngx_int_t answer(ngx_http_request_t* r) {
  if (r != r->main) return forbid(r, "the access phase skips subrequests, so nobody is proved");
  Job& job = take_job(r);
  const LocationConf& conf = *job.conf;
  read_head(r, conf, job.request);

  if (auto reply = conf.ra->ra->handle_at_once(conf.face, job.request)) {
    job.reply = *std::move(reply);
    copy_events(r->connection->log, job.reply.events);
    if (const ngx_int_t code = ngx_http_discard_request_body(r); code != NGX_OK) return code;
    return send_reply(r, job.reply);
  }
  const bool bodiless = (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0;
  return bodiless ? without_body(r, job) : with_body(r, job);
}

}  // namespace

// nginx empties the context when it leads a request to another location.
Job& take_job(ngx_http_request_t* r) {
  if (ngx_http_get_module_ctx(r, ngx_http_scep_ra_module) == nullptr) {
    Job& job = make<Job>(r->pool);
    job.conf = &location_conf(r);
    ngx_http_set_ctx(r, &job, ngx_http_scep_ra_module);
  }
  return job_of(r);
}

ngx_int_t on_request(ngx_http_request_t* r) {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [r] { return answer(r); });
}

}  // namespace scep_ra::nginx
