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
  LoadedRa() = default;
  // Without a master a reload destroys the cycle whose timer still runs.
  ~LoadedRa() {
    if (timer.timer_set != 0) ngx_del_timer(&timer);
  }
  LoadedRa(const LoadedRa&) = delete;
  LoadedRa& operator=(const LoadedRa&) = delete;

  std::string file;
  std::unique_ptr<Ra> ra;
  ngx_thread_pool_t* pool = nullptr;     // for housekeeping: the pool of a location that shows it
  std::atomic<std::size_t> running = 0;  // calls posted to a pool and not yet returned
  std::size_t in_flight = 0;             // requests posted that the event loop has not got back
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

// A block that shows a face, with its confs of all modules: a location, or an `if` or limit_except
// in one.
struct Block {
  void** confs;
  LocationConf* conf;
};

struct MainConf {
  std::vector<std::unique_ptr<LoadedRa>> ras;
  std::vector<Block> blocks;
};

inline LocationConf& location_conf(ngx_http_request_t* r) {
  return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_scep_ra_module));
}

// A request on its way, in the memory of the request's pool and its context. From `post` to the
// completion it belongs to the pool's thread, which touches nothing else.
struct Job {
  Job() = default;
  // The body has been sent by now. A page with a password does not stay behind in free memory.
  ~Job() {
    if (conf != nullptr && conf->face == Endpoint::admin)
      ngx_explicit_memzero(reply.body.data(), reply.body.size());
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const LocationConf* conf = nullptr;
  HttpRequest request;
  HttpReply reply;
  std::atomic<bool> answered = false;  // set by the thread; nginx's lock has no meaning for TSan
  bool done = false;                   // the event loop has heard of it
};

inline Job& job_of(ngx_http_request_t* r) {
  return *static_cast<Job*>(ngx_http_get_module_ctx(r, ngx_http_scep_ra_module));
}

// The request's job in its present location; makes one when there is none.
Job& take_job(ngx_http_request_t*);

// admin_access.cpp: the admin face serves proved users only.

// When all confs are merged: NGX_ERROR, and a line in the log, when a block that shows the admin
// face demands no authentication or could be entered without it.
ngx_int_t check_admin_blocks(ngx_conf_t*, const MainConf&);

// Last handler before the access phase: forgets the user that a variable has read from the
// unverified header, so that only what the access phase proves is there afterwards.
ngx_int_t forget_claimed_user(ngx_http_request_t*);

// First handler after the access phase: keeps who has been proved in the request's job, before
// anything else reads a variable.
ngx_int_t keep_proved_user(ngx_http_request_t*);

// filters.cpp: turns off, where a face is shown, nginx's filters that would change a reply.
void keep_filters_away(ngx_conf_t*, const MainConf&);

// request.cpp: the content handler.
ngx_int_t on_request(ngx_http_request_t*);

// task.cpp: has a pool thread answer the job. NGX_DONE: the reply will be sent and the request
// finalized later; otherwise the pool is full or as many requests as the RA allows are in flight,
// 503 was sent, and that is the result.
ngx_int_t post(ngx_http_request_t*, Job&);

// reply.cpp: sends exactly this reply; the request is then finalized with the result. The body is
// not copied: the reply lives as long as the request.
ngx_int_t send_reply(ngx_http_request_t*, const HttpReply&);
void copy_events(ngx_log_t*, const std::vector<Event>&);
// 403 by nginx itself, kept by no cache; the log says why.
ngx_int_t forbid(ngx_http_request_t*, const char* why);

// worker.cpp: opens what each shown RA needs and starts its housekeeping; a failure is logged,
// never fatal. Then at the end, waits for the calls that nginx did not join because its queue was
// full, and for the end of the threads that have called an RA.
ngx_int_t start_worker(ngx_cycle_t*);
void stop_worker(ngx_cycle_t*);
// In a pool's thread, before it calls an RA: `stop_worker` waits for its end.
void note_pool_thread();

}  // namespace scep_ra::nginx
