#include <algorithm>
#include <array>

#include "module.h"

namespace scep_ra::nginx {
namespace {

// They look at nothing in a reply that could tell them to leave it alone: `sub_filter_types *`
// takes any type. Encoders of other modules leave what has an encoding; see reply.cpp.
bool changes_replies(std::string_view module) {
  constexpr std::array<std::string_view, 7> modules{
      "ngx_http_charset_filter_module", "ngx_http_sub_filter_module",
      "ngx_http_ssi_filter_module",     "ngx_http_addition_filter_module",
      "ngx_http_gzip_filter_module",    "ngx_http_xslt_filter_module",
      "ngx_http_image_filter_module"};
  return std::ranges::find(modules, module) != modules.end();
}

// The module's conf of a location in whose surroundings none of its directives stands.
void* unset_conf(ngx_conf_t* cf, const ngx_module_t& module) {
  const auto& hooks = *static_cast<const ngx_http_module_t*>(module.ctx);
  void* parent = hooks.create_loc_conf(cf);
  void* conf = hooks.create_loc_conf(cf);
  if (parent == nullptr || conf == nullptr || hooks.merge_loc_conf(cf, parent, conf) != NGX_CONF_OK)
    throw std::bad_alloc();
  return conf;
}

}  // namespace

void keep_filters_away(ngx_conf_t* cf, const MainConf& main) {
  for (ngx_module_t** m = cf->cycle->modules; *m != nullptr; ++m) {
    if (!changes_replies((*m)->name)) continue;
    void* off = unset_conf(cf, **m);
    for (const Block& block : main.blocks) block.confs[(*m)->ctx_index] = off;
  }
}

}  // namespace scep_ra::nginx
