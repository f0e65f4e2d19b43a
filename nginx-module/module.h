#pragma once

// What the files of the module share: configuration, and a request's way through it.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "ngx.h"
#include "scep-ra/ra.h"

namespace scep_ra::nginx {

// One RA of a configuration cycle. Loaded by the master, started by each worker; destroyed with the
// cycle, when nginx has joined its thread pools.
struct LoadedRa {
  std::string file;
  std::unique_ptr<Ra> ra;
  ngx_thread_pool_t* pool = nullptr;     // for housekeeping: the pool of a location that shows it
  std::atomic<std::size_t> running = 0;  // calls posted to a pool and not yet returned
  ngx_event_t timer{};
  ngx_thread_task_t housekeeping{};
};

// In pool memory. What is absent is inherited, except the face: a nested location shows what it
// says itself, as with nginx's own handlers.
struct LocationConf {
  LoadedRa* ra = nullptr;
  ngx_thread_pool_t* pool = nullptr;
  ngx_str_t user_name{};  // of the variable that scep_ra_admin_user names; empty: none
  ngx_uint_t user_index = 0;
  bool basic = false;  // auth_basic verifies a user for each request

  ngx_http_core_loc_conf_t* location = nullptr;  // where `scep_ra` stands; null: no face
  ngx_str_t file{};
  ngx_uint_t line = 0;
  Endpoint face{};
};

// A block that shows the admin face, with its confs of all modules: a location, or an `if` or
// limit_except in one.
struct AdminBlock {
  void** confs;
  LocationConf* conf;
};

struct MainConf {
  std::vector<std::unique_ptr<LoadedRa>> ras;
  std::vector<AdminBlock> admin_blocks;
};

inline LocationConf& location_conf(ngx_http_request_t* r) {
  return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_scep_ra_module));
}

// A request on its way, in the memory of the request's pool and its context. From `post` to the
// completion it belongs to the pool's thread, which touches nothing else.
struct Job {
  const LocationConf* conf = nullptr;
  HttpRequest request;
  HttpReply reply;
  std::atomic<bool> answered = false;  // set by the thread; nginx's lock has no meaning for TSan
  bool done = false;                   // the event loop has heard of it
};

inline Job& job_of(ngx_http_request_t* r) {
  return *static_cast<Job*>(ngx_http_get_module_ctx(r, ngx_http_scep_ra_module));
}

// admin_access.cpp: the admin face serves proved users only.

// When all confs are merged: NGX_ERROR, and a line in the log, when a block that shows the admin
// face demands no authentication or could be entered without it.
ngx_int_t check_admin_blocks(ngx_conf_t*, const MainConf&);

// Last handler before the access phase: forgets the user that a variable has read from the
// unverified header, so that only what the access phase proves is there afterwards.
ngx_int_t forget_claimed_user(ngx_http_request_t*);

// After the access phase: who has been proved; empty: nobody.
std::string proved_user(ngx_http_request_t*, const LocationConf&);

// request.cpp: the content handler.
ngx_int_t on_request(ngx_http_request_t*);

// task.cpp: has a pool thread answer the job. NGX_DONE: the reply will be sent and the request
// finalized later; otherwise the pool is full, 503 was sent, and that is the result.
ngx_int_t post(ngx_http_request_t*, Job&);

// reply.cpp: sends exactly this reply; the request is then finalized with the result. The body is
// not copied: the reply lives as long as the request.
ngx_int_t send_reply(ngx_http_request_t*, const HttpReply&);
void copy_events(ngx_log_t*, const std::vector<Event>&);

// worker.cpp: opens what each shown RA needs and starts its housekeeping; a failure is logged,
// never fatal. Then at the end, waits for the calls that nginx did not join because its queue was
// full.
ngx_int_t start_worker(ngx_cycle_t*);
void stop_worker(ngx_cycle_t*);

}  // namespace scep_ra::nginx
