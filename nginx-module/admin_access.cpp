#include "admin_access.h"

#include <array>
#include <cstring>

namespace scep_ra::nginx {
namespace {

constexpr std::string_view remote_user = "remote_user";

// What another module's directive has stored in its location conf: the module's structure is
// private, but its table of directives tells where the field lies.
template <class Field>
Field field_of(const ngx_cycle_t& cycle, void** loc_conf, std::string_view module,
               std::string_view directive) {
  for (std::size_t m = 0; cycle.modules[m] != nullptr; ++m) {
    if (cycle.modules[m]->name != module) continue;
    for (const ngx_command_t* c = cycle.modules[m]->commands; c->name.len != 0; ++c) {
      if (view(c->name) != directive) continue;
      const auto* conf = static_cast<const char*>(loc_conf[cycle.modules[m]->ctx_index]);
      Field field;
      std::memcpy(&field, conf + c->offset, sizeof field);
      return field;
    }
  }
  return {};
}

// A realm with a variable in it may turn out as "off"; without a file auth_basic lets everybody in.
bool auth_basic_is_on(const ngx_cycle_t& cycle, void** loc_conf) {
  constexpr std::string_view module = "ngx_http_auth_basic_module";
  const auto* realm =
      field_of<const ngx_http_complex_value_t*>(cycle, loc_conf, module, "auth_basic");
  return realm != nullptr && realm->lengths == nullptr && view(realm->value) != "off" &&
         field_of<std::uintptr_t>(cycle, loc_conf, module, "auth_basic_user_file") != 0;
}

// `set` proves nothing, and request headers, arguments and cookies are what the client sends.
bool is_claimed_by_client(ngx_conf_t* cf, std::string_view name) {
  for (const std::string_view prefix : {"http_", "arg_", "cookie_"})
    if (name.starts_with(prefix)) return true;
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* keys = static_cast<ngx_hash_key_t*>(core->variables_keys->keys.elts);
  for (std::size_t i = 0; i < core->variables_keys->keys.nelts; ++i)
    if (view(keys[i].key) == name)
      return (static_cast<ngx_http_variable_t*>(keys[i].value)->flags & NGX_HTTP_VAR_WEAK) != 0;
  return false;
}

// Why a block may not show the admin face; empty: it may.
std::string_view objection(ngx_conf_t* cf, const AdminBlock& block) {
  const auto* core =
      static_cast<ngx_http_core_loc_conf_t*>(block.loc_conf[ngx_http_core_module.ctx_index]);
  if (core->satisfy == NGX_HTTP_SATISFY_ANY)
    return "\"satisfy any\" lets requests in without a user";
  if (block.conf->user_index)
    return is_claimed_by_client(cf, view(block.conf->user_name))
               ? "the variable of scep_ra_admin_user proves nothing: name one that the "
                 "authentication itself sets"
               : "";
  if (block.conf->basic) return "";
  return "nothing proves a user here: it needs auth_basic with a fixed name and "
         "auth_basic_user_file, or, where auth_request, client certificates or another module "
         "authenticate, the variable they set, as in \"scep_ra_admin_user $ssl_client_s_dn\"";
}

bool reads_field(const LocationConf& conf) {
  return !conf.user_index || view(conf.user_name) == remote_user;
}

// An error_page for a refused client certificate leads here with the certificate's names still set.
bool certificate_was_refused(ngx_http_request_t* r) {
  ngx_str_t name = ngx_string("ssl_client_verify");
  const auto* value = ngx_http_get_variable(r, &name, ngx_hash_key(name.data, name.len));
  return value == nullptr ||
         (value->not_found == 0 &&
          std::string_view(reinterpret_cast<const char*>(value->data), value->len)
              .starts_with("FAILED"));
}

}  // namespace

ngx_int_t check_admin_blocks(ngx_conf_t* cf, MainConf& main) {
  for (const AdminBlock& block : main.admin_blocks) {
    block.conf->basic = auth_basic_is_on(*cf->cycle, block.loc_conf);
    if (const std::string_view why = objection(cf, block); !why.empty()) {
      const Place& place = block.conf->place;
      ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"scep_ra admin\": %*s in %V:%ui", why.size(),
                    why.data(), &place.file, place.line);
      return NGX_ERROR;
    }
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
  if (conf.user_index) {
    r->variables[*conf.user_index].valid = 0;
    r->variables[*conf.user_index].not_found = 0;
  }
  return NGX_DECLINED;
}

std::string proved_user(ngx_http_request_t* r, const LocationConf& conf) {
  // The variable may have been cached before the access phase; the field is what was verified.
  if (reads_field(conf)) return std::string(view(r->headers_in.user));
  if (certificate_was_refused(r)) return {};
  const auto* value = ngx_http_get_indexed_variable(r, static_cast<ngx_uint_t>(*conf.user_index));
  if (value == nullptr || value->not_found != 0) return {};
  return {reinterpret_cast<const char*>(value->data), value->len};
}

}  // namespace scep_ra::nginx
