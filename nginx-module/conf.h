#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scep-ra/ra.h"

#include "ngx.h"

namespace scep_ra::nginx {

// One RA of a configuration cycle. Loaded by the master, started by each worker; destroyed with the
// cycle, when nginx has joined its thread pools.
struct LoadedRa {
  std::string file;
  std::unique_ptr<Ra> ra;
  ngx_thread_pool_t* pool = nullptr;  // for maintenance: the pool of a location that shows this RA
  std::atomic<std::size_t> running = 0;  // calls posted to a pool and not yet returned
  ngx_event_t timer{};
  ngx_thread_task_t maintenance{};
};

// Where a directive stands, for messages that come after the parser has left it.
struct Place {
  ngx_str_t file{};
  ngx_uint_t line = 0;
};

// In pool memory, never destroyed. Absent values are inherited, the face is not: a nested location
// shows what it says itself, as with nginx's own handlers.
struct LocationConf {
  LoadedRa* ra = nullptr;
  ngx_thread_pool_t* pool = nullptr;
  std::optional<ngx_int_t> user_index;  // of the variable that scep_ra_admin_user names
  ngx_str_t user_name{};                // its name
  std::optional<Endpoint> face;
  Place place;                                   // of `scep_ra`
  ngx_http_core_loc_conf_t* location = nullptr;  // whose block it stands in
  bool basic = false;                            // auth_basic verifies the user, always
};

// A block that shows the admin face, with its confs of all modules: a location, or an `if` or
// limit_except in it.
struct AdminBlock {
  void** loc_conf;
  LocationConf* conf;
};

struct MainConf {
  std::vector<std::unique_ptr<LoadedRa>> ras;
  std::vector<AdminBlock> admin_blocks;
};

inline LocationConf& location_conf(ngx_http_request_t* r) {
  return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_scep_ra_module));
}

}  // namespace scep_ra::nginx
