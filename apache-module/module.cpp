// The hooks, and the module's own structure.
#include "module.h"

#include <stdexcept>

namespace scep_ra::httpd {
namespace {

void register_hooks(apr_pool_t* /*unused*/) {
  ap_hook_check_config(check_configuration, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_post_config(plan_housekeeping, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_child_init(start_child, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_pre_connection(note_connection, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  // Before mod_proxy, mod_rewrite, mod_dir, mod_mime and whoever else would answer in our place.
  ap_hook_map_to_storage(keep_from_storage, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  ap_hook_check_authz(keep_proved_user, nullptr, nullptr, APR_HOOK_REALLY_FIRST,
                      AP_AUTH_INTERNAL_PER_CONF);
  ap_hook_type_checker(claim, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  ap_hook_handler(on_request, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
}

}  // namespace

// Nothing is kept in a static: httpd unloads the module between its passes over the configuration.
Configuration& configuration(const server_rec* server) {
  constexpr const char* key = "scep_ra_configuration";
  apr_pool_t* pool = server->process->pconf;
  void* known = nullptr;
  apr_pool_userdata_get(&known, key, pool);
  if (known != nullptr) return *static_cast<Configuration*>(known);
  auto& made = make<Configuration>(pool);
  if (apr_pool_userdata_setn(&made, key, nullptr, pool) != APR_SUCCESS) throw std::bad_alloc();
  return made;
}

}  // namespace scep_ra::httpd

extern "C" {
module AP_MODULE_DECLARE_DATA scep_ra_module = {
    STANDARD20_MODULE_STUFF,
    scep_ra::httpd::create_section_conf,
    scep_ra::httpd::merge_section_confs,
    nullptr,
    nullptr,
    scep_ra::httpd::commands,
    scep_ra::httpd::register_hooks,
    AP_MODULE_FLAG_NONE,
};
}
