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

// `set` proves nothing, and request headers, arguments and cookies are what the client sends.
bool proves_nothing(ngx_conf_t* cf, std::string_view variable) {
  for (const std::string_view prefix : {"http_", "arg_", "cookie_"})
    if (variable.starts_with(prefix)) return true;
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* key = static_cast<ngx_hash_key_t*>(core->variables_keys->keys.elts);
  for (const auto* end = key + core->variables_keys->keys.nelts; key != end; ++key)
    if (view(key->key) == variable)
      return (static_cast<ngx_http_variable_t*>(key->value)->flags & NGX_HTTP_VAR_WEAK) != 0;
  return false;
}

// Why a block may not show the admin face; empty: it may.
std::string_view objection(ngx_conf_t* cf, const AdminBlock& block) {
  const auto* core =
      static_cast<ngx_http_core_loc_conf_t*>(block.confs[ngx_http_core_module.ctx_index]);
  if (core->satisfy == NGX_HTTP_SATISFY_ANY)
    return "\"satisfy any\" lets requests in without a user";
  if (block.conf->user_name.len != 0 && proves_nothing(cf, view(block.conf->user_name)))
    return "the variable of scep_ra_admin_user proves nothing: name one that the authentication "
           "itself sets";
  if (block.conf->user_name.len != 0 || block.conf->basic) return {};
  return "nothing proves a user here: it needs auth_basic with a fixed name and "
         "auth_basic_user_file or, where auth_request, client certificates or another module "
         "authenticate, the variable they set, as in \"scep_ra_admin_user $ssl_client_s_dn\"";
}

// $remote_user may have been cached before the access phase: we read its field, which was verified.
bool reads_field(const LocationConf& conf) {
  return conf.user_name.len == 0 || view(conf.user_name) == "remote_user";
}

std::string text(const ngx_http_variable_value_t* value) {
  if (value == nullptr || value->not_found != 0) return {};
  return {reinterpret_cast<const char*>(value->data), value->len};
}

}  // namespace

ngx_int_t check_admin_blocks(ngx_conf_t* cf, const MainConf& main) {
  for (const AdminBlock& block : main.admin_blocks) {
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
  if (unverified && r->headers_in.user.len != 0) return NGX_HTTP_FORBIDDEN;
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

std::string proved_user(ngx_http_request_t* r, const LocationConf& conf) {
  if (reads_field(conf)) return std::string(view(r->headers_in.user));
  // An error_page leads a refused client certificate here, and its names are still set.
  ngx_str_t verdict = ngx_string("ssl_client_verify");
  const ngx_uint_t key = ngx_hash_key(verdict.data, verdict.len);
  if (text(ngx_http_get_variable(r, &verdict, key)).starts_with("FAILED")) return {};
  return text(ngx_http_get_indexed_variable(r, conf.user_index));
}

}  // namespace scep_ra::nginx
