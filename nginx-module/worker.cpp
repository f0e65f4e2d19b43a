#include "module.h"

namespace scep_ra::nginx {
namespace {

constexpr ngx_msec_t interval = 60'000;

std::atomic<int> pool_threads{0};

struct PoolThread {
  PoolThread() { ++pool_threads; }
  // What is kept for the thread goes now, not after the count.
  ~PoolThread() {
    Ra::end_thread();
    --pool_threads;
  }
  PoolThread(const PoolThread&) = delete;
  PoolThread& operator=(const PoolThread&) = delete;
};

// nginx takes a thread for joined that has yet to run its thread-local destructors, OpenSSL's among
// them: they need the RA's library context, and locks that exit() destroys. A thread that nginx
// could not join, its queue being full, never ends, hence the limit.
void let_pool_threads_end() {
  for (int rest = 2'000; pool_threads != 0 && rest != 0; --rest) ngx_msleep(1);
}

void maintain(void* context, ngx_log_t* /*unused*/) {
  note_pool_thread();
  auto& loaded = *static_cast<LoadedRa*>(context);
  loaded.ra->maintain();
  --loaded.running;
}

void on_maintained(ngx_event_t* event) {
  guarded(false, [event] {
    copy_events(event->log, static_cast<LoadedRa*>(event->data)->ra->take_events());
    return true;
  });
}

void on_timer(ngx_event_t* event) {
  auto& loaded = *static_cast<LoadedRa*>(event->data);
  if (ngx_exiting != 0) return;
  ngx_add_timer(event, interval);
  if (loaded.housekeeping.event.active != 0) return;  // the last one still runs
  ++loaded.running;
  if (ngx_thread_task_post(loaded.pool, &loaded.housekeeping) != NGX_OK) --loaded.running;
}

bool start(LoadedRa& loaded, ngx_log_t* log) {
  if (const Status started = loaded.ra->start(); !started) {
    const std::string& why = started.error().detail;
    ngx_log_error(NGX_LOG_ERR, log, 0, "scep_ra: %*s", why.size(), why.data());
  }
  copy_events(log, loaded.ra->take_events());

  ngx_thread_task_t& task = loaded.housekeeping;
  task.ctx = task.event.data = loaded.timer.data = &loaded;
  task.event.log = loaded.timer.log = log;
  task.handler = maintain;
  task.event.handler = on_maintained;
  loaded.timer.handler = on_timer;
  loaded.timer.cancelable = 1;  // else no old worker ever leaves
  ngx_add_timer(&loaded.timer, interval);
  return true;
}

MainConf* main_conf(const ngx_cycle_t* cycle) {
  return static_cast<MainConf*>(
      ngx_http_cycle_get_module_main_conf(cycle, ngx_http_scep_ra_module));
}

}  // namespace

ngx_int_t start_worker(ngx_cycle_t* cycle) {
  const bool serves = ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE;
  const MainConf* main = main_conf(cycle);
  if (!serves || main == nullptr) return NGX_OK;
  for (const auto& loaded : main->ras)
    if (loaded->pool != nullptr)  // else no location shows it
      guarded(false, [&] { return start(*loaded, cycle->log); });
  return NGX_OK;
}

void stop_worker(ngx_cycle_t* cycle) {
  const MainConf* main = main_conf(cycle);
  if (main == nullptr) return;
  for (const auto& loaded : main->ras)
    while (loaded->running != 0) ngx_msleep(1);
  let_pool_threads_end();
}

void note_pool_thread() {
  const thread_local PoolThread here;
}

}  // namespace scep_ra::nginx
