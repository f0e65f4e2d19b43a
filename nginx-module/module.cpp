// Directives and hooks.
#include "module.h"

#include <algorithm>
#include <filesystem>

namespace scep_ra::nginx {
namespace {

char* const failed = static_cast<char*>(NGX_CONF_ERROR);
char duplicate[] = "is duplicate";

ngx_str_t& argument(ngx_conf_t* cf) {
  return static_cast<ngx_str_t*>(cf->args->elts)[1];
}

MainConf& main_conf(ngx_conf_t* cf) {
  return *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_scep_ra_module));
}

ngx_http_core_loc_conf_t* core_conf(ngx_conf_t* cf) {
  return static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
}

// One Ra for each file of a cycle, however many locations name it. Null: said why.
LoadedRa* load(ngx_conf_t* cf, const std::string& file) {
  auto& ras = main_conf(cf).ras;
  for (const auto& known : ras)
    if (known->file == file) return known.get();
  auto ra = Ra::load(file);
  if (!ra) {
    const std::string& why = ra.error().detail;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%*s", why.size(), why.data());
    return nullptr;
  }
  auto loaded = std::make_unique<LoadedRa>();
  loaded->file = file;
  loaded->ra = *std::move(ra);
  return ras.emplace_back(std::move(loaded)).get();
}

// scep_ra_config FILE;
char* set_config(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  return guarded(failed, [&]() -> char* {
    auto& location = *static_cast<LocationConf*>(conf);
    if (location.ra != nullptr) return duplicate;
    if (ngx_conf_full_name(cf->cycle, &argument(cf), 1) != NGX_OK) return failed;
    location.ra = load(cf, std::filesystem::path(view(argument(cf))).lexically_normal());
    return location.ra != nullptr ? NGX_CONF_OK : failed;
  });
}

// scep_ra enrol|admin|status;
char* set_face(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  auto& location = *static_cast<LocationConf*>(conf);
  if (location.location != nullptr) return duplicate;
  const std::string_view face = view(argument(cf));
  if (face == "enrol") {
    location.face = Endpoint::enrol;
  } else if (face == "admin") {
    location.face = Endpoint::admin;
  } else if (face == "status") {
    location.face = Endpoint::status;
  } else {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scep_ra\" takes enrol, admin or status, not \"%V\"",
                       &argument(cf));
    return failed;
  }
  location.location = core_conf(cf);
  location.location->handler = on_request;
  location.file = cf->conf_file->file.name;
  location.line = cf->conf_file->line;
  return NGX_CONF_OK;
}

// scep_ra_thread_pool NAME;
char* set_thread_pool(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  auto& location = *static_cast<LocationConf*>(conf);
  if (location.pool != nullptr) return duplicate;
  location.pool = ngx_thread_pool_add(cf, &argument(cf));
  return location.pool != nullptr ? NGX_CONF_OK : failed;
}

// scep_ra_admin_user $variable;
char* set_admin_user(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  auto& location = *static_cast<LocationConf*>(conf);
  if (location.user_name.len != 0) return duplicate;
  ngx_str_t name = argument(cf);
  if (name.len < 2 || name.data[0] != '$') {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scep_ra_admin_user\" takes a variable, not \"%V\"",
                       &name);
    return failed;
  }
  name = {name.len - 1, name.data + 1};
  ngx_strlow(name.data, name.data, name.len);
  const ngx_int_t index = ngx_http_get_variable_index(cf, &name);
  if (index == NGX_ERROR) return failed;
  location.user_index = static_cast<ngx_uint_t>(index);
  location.user_name = name;
  return NGX_CONF_OK;
}

void* create_main_conf(ngx_conf_t* cf) {
  return guarded<void*>(nullptr, [cf] { return &make<MainConf>(cf->pool); });
}

void* create_location_conf(ngx_conf_t* cf) {
  return guarded<void*>(nullptr, [cf] { return &make<LocationConf>(cf->pool); });
}

void inherit(const LocationConf& from, LocationConf& to, bool same_location) {
  if (same_location) {
    to.face = from.face;
    to.location = from.location;
    to.file = from.file;
    to.line = from.line;
  }
  if (to.ra == nullptr) to.ra = from.ra;
  if (to.pool == nullptr) to.pool = from.pool;
  if (to.user_name.len != 0) return;
  to.user_index = from.user_index;
  to.user_name = from.user_name;
}

char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child) {
  return guarded(failed, [&]() -> char* {
    auto& conf = *static_cast<LocationConf*>(child);
    ngx_http_core_loc_conf_t* core = core_conf(cf);
    // An `if` or limit_except in a location is still that location.
    inherit(*static_cast<LocationConf*>(parent), conf, core->noname != 0);
    if (conf.location == nullptr) return NGX_CONF_OK;
    if (core->lmt_excpt != 0) core->handler = on_request;
    if (conf.ra == nullptr) {
      ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"scep_ra\" without \"scep_ra_config\" in %V:%ui",
                    &conf.file, conf.line);
      return failed;
    }
    if (conf.pool == nullptr) conf.pool = ngx_thread_pool_add(cf, nullptr);
    if (conf.pool == nullptr) return failed;
    if (conf.ra->pool == nullptr) conf.ra->pool = conf.pool;
    main_conf(cf).blocks.push_back({static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf, &conf});
    return NGX_CONF_OK;
  });
}

enum class Turn : std::uint8_t { first, last };

// nginx runs a phase from the end of its array.
void add_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt handler, Turn turn) {
  auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  ngx_array_t& handlers = core->phases[phase].handlers;
  auto* entry = static_cast<ngx_http_handler_pt*>(ngx_array_push(&handlers));
  if (entry == nullptr) throw std::bad_alloc();
  *entry = handler;
  if (turn == Turn::last)
    std::rotate(static_cast<ngx_http_handler_pt*>(handlers.elts), entry, entry + 1);
}

ngx_int_t postconfiguration(ngx_conf_t* cf) {
  return guarded<ngx_int_t>(NGX_ERROR, [cf]() -> ngx_int_t {
    add_handler(cf, NGX_HTTP_PRECONTENT_PHASE, keep_proved_user, Turn::first);
    add_handler(cf, NGX_HTTP_PREACCESS_PHASE, forget_claimed_user, Turn::last);
    const MainConf& main = main_conf(cf);
    keep_filters_away(cf, main);
    return check_admin_blocks(cf, main);
  });
}

constexpr ngx_uint_t in_location = NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1;
constexpr ngx_uint_t anywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | in_location;
constexpr ngx_uint_t offset = NGX_HTTP_LOC_CONF_OFFSET;

ngx_command_t commands[] = {
    {ngx_string("scep_ra_config"), anywhere, set_config, offset, 0, nullptr},
    {ngx_string("scep_ra"), in_location, set_face, offset, 0, nullptr},
    {ngx_string("scep_ra_thread_pool"), anywhere, set_thread_pool, offset, 0, nullptr},
    {ngx_string("scep_ra_admin_user"), anywhere, set_admin_user, offset, 0, nullptr},
    ngx_null_command};

ngx_http_module_t context = {
    nullptr, postconfiguration, create_main_conf,     nullptr,             // main
    nullptr, nullptr,           create_location_conf, merge_location_conf  // server, location
};

}  // namespace
}  // namespace scep_ra::nginx

// The hooks: none in the master, start and end of a process.
__attribute__((visibility("default"))) ngx_module_t ngx_http_scep_ra_module = {
    NGX_MODULE_V1,
    &scep_ra::nginx::context,
    scep_ra::nginx::commands,
    NGX_HTTP_MODULE,
    nullptr,
    nullptr,
    scep_ra::nginx::start_worker,
    nullptr,
    nullptr,
    scep_ra::nginx::stop_worker,
    nullptr,
    NGX_MODULE_V1_PADDING};
