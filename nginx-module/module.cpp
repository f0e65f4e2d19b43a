// Directives and hooks.
#include <filesystem>

#include "admin_access.h"
#include "conf.h"
#include "request.h"
#include "worker.h"

namespace scep_ra::nginx {
namespace {

char* const failed = static_cast<char*>(NGX_CONF_ERROR);
char duplicate[] = "is duplicate";

const ngx_str_t& argument(const ngx_conf_t* cf, std::size_t number) {
  return static_cast<const ngx_str_t*>(cf->args->elts)[number];
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
    ngx_str_t name = argument(cf, 1);
    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) return failed;
    location.ra = load(cf, std::filesystem::path(view(name)).lexically_normal());
    return location.ra != nullptr ? NGX_CONF_OK : failed;
  });
}

// scep_ra enrol|admin|status;
char* set_face(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  auto& location = *static_cast<LocationConf*>(conf);
  if (location.face) return duplicate;
  const std::string_view face = view(argument(cf, 1));
  if (face == "enrol") location.face = Endpoint::enrol;
  if (face == "admin") location.face = Endpoint::admin;
  if (face == "status") location.face = Endpoint::status;
  if (!location.face) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scep_ra\" takes enrol, admin or status, not \"%V\"",
                       &argument(cf, 1));
    return failed;
  }
  location.place = {cf->conf_file->file.name, cf->conf_file->line};
  location.location = core_conf(cf);
  location.location->handler = on_request;
  return NGX_CONF_OK;
}

// scep_ra_thread_pool NAME;
char* set_thread_pool(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  auto& location = *static_cast<LocationConf*>(conf);
  if (location.pool != nullptr) return duplicate;
  ngx_str_t name = argument(cf, 1);
  location.pool = ngx_thread_pool_add(cf, &name);
  return location.pool != nullptr ? NGX_CONF_OK : failed;
}

// scep_ra_admin_user $variable;
char* set_admin_user(ngx_conf_t* cf, ngx_command_t* /*unused*/, void* conf) {
  auto& location = *static_cast<LocationConf*>(conf);
  if (location.user_index) return duplicate;
  ngx_str_t name = argument(cf, 1);
  if (name.len < 2 || name.data[0] != '$') {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scep_ra_admin_user\" takes a variable, not \"%V\"",
                       &name);
    return failed;
  }
  ++name.data;
  --name.len;
  ngx_strlow(name.data, name.data, name.len);
  const ngx_int_t index = ngx_http_get_variable_index(cf, &name);
  if (index == NGX_ERROR) return failed;
  location.user_index = index;
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
  if (to.ra == nullptr) to.ra = from.ra;
  if (to.pool == nullptr) to.pool = from.pool;
  if (!to.user_index) {
    to.user_index = from.user_index;
    to.user_name = from.user_name;
  }
  if (!same_location) return;
  to.face = from.face;
  to.place = from.place;
  to.location = from.location;
}

char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child) {
  return guarded(failed, [&]() -> char* {
    auto& conf = *static_cast<LocationConf*>(child);
    // An `if` or limit_except in a location is still that location.
    inherit(*static_cast<LocationConf*>(parent), conf, core_conf(cf)->noname != 0);
    if (!conf.face) return NGX_CONF_OK;
    if (core_conf(cf)->lmt_excpt != 0) core_conf(cf)->handler = on_request;
    if (conf.ra == nullptr) {
      ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"scep_ra\" without \"scep_ra_config\" in %V:%ui",
                    &conf.place.file, conf.place.line);
      return failed;
    }
    if (conf.pool == nullptr) conf.pool = ngx_thread_pool_add(cf, nullptr);
    if (conf.pool == nullptr) return failed;
    if (conf.ra->pool == nullptr) conf.ra->pool = conf.pool;
    if (conf.face == Endpoint::admin)
      main_conf(cf).admin_blocks.push_back(
          {static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf, &conf});
    return NGX_CONF_OK;
  });
}

ngx_int_t postconfiguration(ngx_conf_t* cf) {
  return guarded<ngx_int_t>(NGX_ERROR, [cf]() -> ngx_int_t {
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    ngx_array_t& handlers = core->phases[NGX_HTTP_PREACCESS_PHASE].handlers;
    if (ngx_array_push(&handlers) == nullptr) return NGX_ERROR;
    // nginx runs a phase from the end of its array: the first entry is the last handler.
    auto* first = static_cast<ngx_http_handler_pt*>(handlers.elts);
    ngx_memmove(first + 1, first, (handlers.nelts - 1) * sizeof *first);
    *first = forget_claimed_user;
    return check_admin_blocks(cf, main_conf(cf));
  });
}

constexpr ngx_uint_t anywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

ngx_command_t commands[] = {{ngx_string("scep_ra_config"), anywhere | NGX_CONF_TAKE1, set_config,
                             NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
                            {ngx_string("scep_ra"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1, set_face,
                             NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
                            {ngx_string("scep_ra_thread_pool"), anywhere | NGX_CONF_TAKE1,
                             set_thread_pool, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
                            {ngx_string("scep_ra_admin_user"), anywhere | NGX_CONF_TAKE1,
                             set_admin_user, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
                            ngx_null_command};

ngx_http_module_t context = {nullptr,  // preconfiguration
                             postconfiguration,
                             create_main_conf,
                             nullptr,  // init main
                             nullptr,  // create server
                             nullptr,  // merge server
                             create_location_conf,
                             merge_location_conf};

}  // namespace
}  // namespace scep_ra::nginx

__attribute__((visibility("default"))) ngx_module_t ngx_http_scep_ra_module = {
    NGX_MODULE_V1,
    &scep_ra::nginx::context,
    scep_ra::nginx::commands,
    NGX_HTTP_MODULE,
    nullptr,                       // init master
    nullptr,                       // init module
    scep_ra::nginx::start_worker,  // init process
    nullptr,                       // init thread
    nullptr,                       // exit thread
    scep_ra::nginx::stop_worker,   // exit process
    nullptr,                       // exit master
    NGX_MODULE_V1_PADDING};
