#include <algorithm>
#include <optional>

#include "module.h"

namespace scep_ra::httpd {
namespace {

Job* job_of(const request_rec* r) {
  return static_cast<Job*>(ap_get_module_config(r->request_config, &scep_ra_module));
}

Job& take_job(request_rec* r) {
  if (Job* known = job_of(r)) return *known;
  auto& job = make<Job>(r->pool);
  ap_set_module_config(r->request_config, &scep_ra_module, &job);
  return job;
}

// How much of the URI a location has matched: its path, the part before the first wildcard in it,
// or what its expression found.
std::size_t matched_length(const Face& face, std::string_view uri) {
  if (face.regex != nullptr) {
    ap_regmatch_t match{};
    const int found = ap_regexec_len(face.regex, uri.data(), uri.size(), 1, &match, 0);
    return found == 0 ? static_cast<std::size_t>(match.rm_eo) : 0;
  }
  std::string_view path = view(face.pattern);
  if (apr_fnmatch_test(face.pattern) != 0) path = path.substr(0, path.find_first_of("*?["));
  return uri.starts_with(path) ? path.size() : 0;
}

// What follows the matched part, with its leading slash; empty when nothing follows. The whole URI
// when the match ends inside a name, as `/scep` does in `/scep.cgi`.
std::string_view path_below(const Face& face, std::string_view uri) {
  std::size_t begin = matched_length(face, uri);
  if (begin > 0 && uri[begin - 1] == '/') --begin;
  const std::string_view rest = uri.substr(begin);
  return rest.empty() || rest.front() == '/' ? rest : uri;
}

std::string header(const request_rec* r, const char* name) {
  return std::string(view(apr_table_get(r->headers_in, name)));
}

int add_header(void* headers, const char* name, const char* value) {
  return guarded(0, [&] {
    for (const std::string_view known : headers_of_interest())
      if (known.size() == strlen(name) && ap_cstr_casecmpn(known.data(), name, known.size()) == 0)
        static_cast<Headers*>(headers)->emplace_back(known, value);
    return 1;
  });
}

void read_head(request_rec* r, const Face& face, HttpRequest& request) {
  request.method = view(r->method);
  request.path = path_below(face, view(r->uri));
  request.query = view(r->args);
  request.content_type = header(r, "Content-Type");
  request.host = header(r, "Host");
  request.remote_addr = view(r->useragent_ip);
  request.peer_addr = view(r->connection->client_ip);
  request.over_tls = ap_ssl_conn_is_ssl(r->connection) != 0;
  if (apr_table_do(add_header, &request.headers, r->headers_in, nullptr) == 0)
    throw std::bad_alloc();
}

// Appends what has arrived; says whether that was the end. More than `maximum` is an end too.
apr_status_t append(apr_bucket_brigade* brigade, std::size_t maximum, HttpRequest& request,
                    bool& ended) {
  for (apr_bucket* bucket = APR_BRIGADE_FIRST(brigade);
       bucket != APR_BRIGADE_SENTINEL(brigade) && !ended; bucket = APR_BUCKET_NEXT(bucket)) {
    ended = APR_BUCKET_IS_EOS(bucket);
    if (APR_BUCKET_IS_METADATA(bucket)) continue;
    const char* data = nullptr;
    apr_size_t size = 0;
    if (const apr_status_t code = apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ);
        code != APR_SUCCESS)
      return code;
    request.body_too_large = ended = size > maximum - request.body.size();
    if (!request.body_too_large) request.body.append(data, size);
  }
  if (request.body_too_large) request.body.clear();
  return APR_SUCCESS;
}

// What is not read httpd throws away, or it closes the connection.
int read_body(request_rec* r, std::size_t maximum, HttpRequest& request) {
  apr_bucket_brigade* brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
  for (bool ended = false; !ended; apr_brigade_cleanup(brigade)) {
    apr_status_t code = ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES, APR_BLOCK_READ,
                                       HUGE_STRING_LEN);
    if (code == APR_SUCCESS) code = append(brigade, maximum, request, ended);
    if (code != APR_SUCCESS) return ap_map_http_request_error(code, HTTP_BAD_REQUEST);
  }
  return OK;
}

bool announces_more_than(std::size_t maximum, const request_rec* r) {
  const std::string length = header(r, "Content-Length");
  char* end = nullptr;
  apr_off_t announced = 0;
  if (length.empty() || apr_strtoff(&announced, length.c_str(), &end, 10) != APR_SUCCESS)
    return false;
  return announced > static_cast<apr_off_t>(maximum);
}

// SSLUserName names whoever a certificate names, also one that nobody has verified.
bool certificate_is_verified(request_rec* r) {
  return view(ap_ssl_var_lookup(r->pool, r->server, r->connection, r, "SSL_CLIENT_VERIFY")) ==
         "SUCCESS";
}

const char* objection(const request_rec* r, const Face& face) {
  if (r->main != nullptr) return "a subrequest";
  // httpd takes over the user of the request before it, whose login may have failed.
  if (r->prev != nullptr && face.endpoint == Endpoint::admin)
    return "an internal redirect, in which nobody is proved";
  return nullptr;
}

int answer(request_rec* r) {
  const SectionConf& conf = section_conf(r);
  if (conf.face == nullptr) return DECLINED;
  if (const char* why = objection(r, *conf.face)) return forbid(r, why);
  if (conf.ra == nullptr) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "scep_ra: SCEPRA without SCEPRAConfig");
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  Job& job = take_job(r);
  job.face = conf.face;
  HttpRequest& request = job.request;
  read_head(r, *job.face, request);
  if (job.face->endpoint == Endpoint::admin && request.remote_user.empty() && r->user != nullptr &&
      certificate_is_verified(r))
    request.remote_user = r->user;

  const Running running(*conf.ra->all);
  Ra& ra = *conf.ra->ra;
  auto at_once = ra.handle_at_once(job.face->endpoint, request);
  if (!at_once && r->method_number != M_GET) {  // M_GET: HEAD too
    request.body_too_large = announces_more_than(ra.maximum_message(), r);
    if (!request.body_too_large)
      if (const int code = read_body(r, ra.maximum_message(), request); code != OK) return code;
  }
  job.reply = at_once ? *std::move(at_once) : ra.handle(job.face->endpoint, request);
  copy_events(r, job.reply.events);
  copy_events(r, ra.take_events());  // of a store that is back
  return send_reply(r, job.reply);
}

bool shows_face(const request_rec* r) {
  return section_conf(r).face != nullptr;
}

}  // namespace

// httpd has set the configuration back to the server's, and comes to the locations again later.
int keep_from_storage(request_rec* r) {
  ap_conf_vector_t* before = r->per_dir_config;
  const bool ours = ap_location_walk(r) == OK && shows_face(r);
  r->per_dir_config = before;
  return ours ? OK : DECLINED;
}

int keep_proved_user(request_rec* r) {
  if (!shows_face(r) || section_conf(r).face->endpoint != Endpoint::admin) return DECLINED;
  return guarded(HTTP_INTERNAL_SERVER_ERROR, [r] {
    take_job(r).request.remote_user = view(r->user);
    return DECLINED;
  });
}

int claim(request_rec* r) {
  if (!shows_face(r)) return DECLINED;
  r->handler = "scep-ra";
  r->finfo.filetype = APR_UNKFILE;  // else mod_speling looks for a file of a similar name
  return OK;
}

int on_request(request_rec* r) {
  return guarded(HTTP_INTERNAL_SERVER_ERROR, [r] { return answer(r); });
}

}  // namespace scep_ra::httpd
