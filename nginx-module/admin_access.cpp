#include <algorithm>
#include <array>

#include "module.h"

namespace scep_ra::nginx {
namespace {

// What a directive of another module has stored, the first word of it. The module's structure is
// private, but its table of directives tells where the field lies.
const void* stored(const ngx_cycle_t& cycle, void** confs, std::string_view module,
                   std::string_view directive) {
  for (ngx_module_t** m = cycle.modules; *m != nullptr; ++m) {
    if ((*m)->name != module) continue;
    for (const ngx_command_t* c = (*m)->commands; c->name.len != 0; ++c) {
      if (view(c->name) != directive) continue;
      const auto* conf = static_cast<const char*>(confs[(*m)->ctx_index]);
      return *reinterpret_cast<const void* const*>(conf + c->offset);
    }
  }
  return nullptr;
}

// A realm with a variable in it may turn out as "off"; without a file auth_basic lets everybody in.
bool auth_basic_is_on(const ngx_cycle_t& cycle, void** confs) {
  constexpr std::string_view module = "ngx_http_auth_basic_module";
  const auto* realm =
      static_cast<const ngx_http_complex_value_t*>(stored(cycle, confs, module, "auth_basic"));
  return realm != nullptr && realm->lengths == nullptr && view(realm->value) != "off" &&
         stored(cycle, confs, module, "auth_basic_user_file") != nullptr;
}

bool auth_request_is_on(const ngx_cycle_t& cycle, void** confs) {
  return stored(cycle, confs, "ngx_http_auth_request_module", "auth_request") != nullptr;
}

// Whether a module that is not nginx's own authenticates somewhere, as auth_gss, auth_pam and
// auth_ldap do. Where it does, its table does not tell.
bool others_authenticate(const ngx_cycle_t& cycle) {
  constexpr std::array<std::string_view, 5> own{"auth_basic", "auth_basic_user_file",
                                                "auth_request", "auth_request_set", "auth_delay"};
  for (ngx_module_t** m = cycle.modules; *m != nullptr; ++m) {
    if ((*m)->type != NGX_HTTP_MODULE || (*m)->commands == nullptr) continue;
    for (const ngx_command_t* c = (*m)->commands; c->name.len != 0; ++c)
      if (view(c->name).starts_with("auth_") && std::ranges::find(own, view(c->name)) == own.end())
        return true;
  }
  return false;
}

// What the client sends or chooses, and what is the same for everybody.
bool is_no_proof_by_name(std::string_view variable) {
  constexpr std::array<std::string_view, 7> prefixes{
      "arg_", "cookie_", "http_", "proxy_protocol_", "sent_http_", "sent_trailer_", "tcpinfo_"};
  constexpr std::string_view names =
      " args binary_remote_addr body_bytes_sent bytes_sent connection connection_requests "
      "connection_time content_length content_type document_root document_uri host hostname http2 "
      "https is_args limit_rate msec nginx_version pid pipe proxy_add_x_forwarded_for proxy_host "
      "proxy_port query_string realip_remote_addr realip_remote_port realpath_root remote_addr "
      "remote_port request request_body request_body_file request_completion request_filename "
      "request_id request_length request_method request_time request_uri scheme server_addr "
      "server_name server_port server_protocol ssl_alpn_protocol ssl_cipher ssl_ciphers "
      "ssl_client_verify ssl_curve ssl_curves ssl_early_data ssl_protocol ssl_server_name "
      "ssl_session_id ssl_session_reused status time_iso8601 time_local uid_got uid_set uri ";
  if (std::ranges::any_of(prefixes, [&](auto prefix) { return variable.starts_with(prefix); }))
    return true;
  return names.find(" " + std::string(variable) + " ") != names.npos;
}

// Null: no module and no directive has defined it.
const ngx_http_variable_t* defined(ngx_conf_t* cf, std::string_view variable) {
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* key = static_cast<ngx_hash_key_t*>(core->variables_keys->keys.elts);
  for (const auto* end = key + core->variables_keys->keys.nelts; key != end; ++key)
    if (view(key->key) == variable) return static_cast<ngx_http_variable_t*>(key->value);
  return nullptr;
}

// Named captures of regular expressions share a handler, which nginx keeps to itself: that of one
// of our own.
ngx_http_get_variable_pt handler_of_captures(ngx_conf_t* cf) {
  u_char error[NGX_MAX_CONF_ERRSTR];
  ngx_regex_compile_t expression{};
  expression.pattern = ngx_string("(?<scep_ra_capture>)");
  expression.err = {sizeof error, error};
  if (ngx_http_regex_compile(cf, &expression) == nullptr) throw std::bad_alloc();
  return defined(cf, "scep_ra_capture")->get_handler;
}

// `set` proves nothing, and a capture is a part of what the client sends.
bool proves_nothing(ngx_conf_t* cf, std::string_view variable) {
  if (is_no_proof_by_name(variable)) return true;
  const ngx_http_variable_t* known = defined(cf, variable);
  return known != nullptr &&
         ((known->flags & NGX_HTTP_VAR_WEAK) != 0 || known->get_handler == handler_of_captures(cf));
}

// Why a block may not show the admin face; empty: it may.
std::string_view objection(ngx_conf_t* cf, const Block& block) {
  const auto* core =
      static_cast<ngx_http_core_loc_conf_t*>(block.confs[ngx_http_core_module.ctx_index]);
  if (core->satisfy == NGX_HTTP_SATISFY_ANY)
    return "\"satisfy any\" lets requests in without a user";
  const std::string_view user = view(block.conf->user_name);
  const bool authenticates = block.conf->basic || auth_request_is_on(*cf->cycle, block.confs) ||
                             others_authenticate(*cf->cycle);
  if (user == "remote_user" && !authenticates)
    return "there is nothing that could set $remote_user: no auth_basic, no auth_request and no "
           "other module that authenticates";
  if (!user.empty() && proves_nothing(cf, user))
    return "the variable of scep_ra_admin_user proves nothing: name one that the authentication "
           "itself sets";
  if (!user.empty() || block.conf->basic) return {};
  return "nothing proves a user here: it needs auth_basic with a fixed name and "
         "auth_basic_user_file or, where auth_request, client certificates or another module "
         "authenticate, the variable they set, as in \"scep_ra_admin_user $ssl_client_s_dn\"";
}

// $remote_user may have been cached before the access phase: we read its field, which was verified.
bool reads_field(const LocationConf& conf) {
  return conf.user_name.len == 0 || view(conf.user_name) == "remote_user";
}

// Empty: nobody.
std::string proved_user(ngx_http_request_t* r, const LocationConf& conf) {
  if (reads_field(conf)) return std::string(view(r->headers_in.user));
  // An error_page leads a refused client certificate here, and its names are still set.
  if (variable(r, "ssl_client_verify").starts_with("FAILED")) return {};
  return text(ngx_http_get_indexed_variable(r, conf.user_index));
}

}  // namespace

ngx_int_t check_admin_blocks(ngx_conf_t* cf, const MainConf& main) {
  for (const Block& block : main.blocks) {
    if (block.conf->face != Endpoint::admin) continue;
    block.conf->basic = auth_basic_is_on(*cf->cycle, block.confs);
    const std::string_view why = objection(cf, block);
    if (why.empty()) continue;
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"scep_ra admin\": %*s in %V:%ui", why.size(),
                  why.data(), &block.conf->file, block.conf->line);
    return NGX_ERROR;
  }
  return NGX_OK;
}

ngx_int_t forget_claimed_user(ngx_http_request_t* r) {
  const LocationConf& conf = location_conf(r);
  if (conf.face != Endpoint::admin) return NGX_DECLINED;
  const bool unverified = !conf.basic && !reads_field(conf);
  // Variables made of it may be cached under any name.
  if (unverified && r->headers_in.user.len != 0)
    return guarded<ngx_int_t>(NGX_HTTP_FORBIDDEN, [r] {
      return forbid(r, "something has read a user out of the unverified Authorization header");
    });
  // No data: not read yet, auth_basic will. Empty data: read, nobody; never read again.
  static u_char nobody[] = "";
  r->headers_in.user = {0, unverified ? nobody : nullptr};
  r->headers_in.passwd = {0, nullptr};
  if (conf.user_name.len != 0) {
    r->variables[conf.user_index].valid = 0;
    r->variables[conf.user_index].not_found = 0;
  }
  return NGX_DECLINED;
}

ngx_int_t keep_proved_user(ngx_http_request_t* r) {
  const LocationConf& conf = location_conf(r);
  if (conf.face != Endpoint::admin || r != r->main) return NGX_DECLINED;
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&]() -> ngx_int_t {
    take_job(r).request.remote_user = proved_user(r, conf);
    return NGX_DECLINED;
  });
}

}  // namespace scep_ra::nginx
