#include "worker.h"

#include "reply.h"

namespace scep_ra::nginx {
namespace {

constexpr ngx_msec_t housekeeping_interval = 60'000;

MainConf* main_conf(const ngx_cycle_t* cycle) {
  return static_cast<MainConf*>(
      ngx_http_cycle_get_module_main_conf(cycle, ngx_http_scep_ra_module));
}

void maintain(void* context, ngx_log_t* /*unused*/) {
  auto& ra = *static_cast<LoadedRa*>(context);
  ra.ra->maintain();
  --ra.running;
}

void on_maintained(ngx_event_t* event) {
  guarded(false, [event] {
    copy_events(event->log, static_cast<LoadedRa*>(event->data)->ra->take_events());
    return true;
  });
}

void on_timer(ngx_event_t* event) {
  auto& ra = *static_cast<LoadedRa*>(event->data);
  if (ngx_exiting != 0) return;
  ngx_add_timer(event, housekeeping_interval);
  if (ra.maintenance.event.active != 0) return;  // the last one still runs
  ++ra.running;
  if (ngx_thread_task_post(ra.pool, &ra.maintenance) != NGX_OK) --ra.running;
}

void start(LoadedRa& ra, ngx_log_t* log) {
  if (const Status started = ra.ra->start(); !started)
    ngx_log_error(NGX_LOG_ERR, log, 0, "scep_ra: %*s", started.error().detail.size(),
                  started.error().detail.data());
  copy_events(log, ra.ra->take_events());

  ra.maintenance.ctx = &ra;
  ra.maintenance.handler = maintain;
  ra.maintenance.event.handler = on_maintained;
  ra.maintenance.event.data = &ra;
  ra.maintenance.event.log = log;
  ra.timer.handler = on_timer;
  ra.timer.data = &ra;
  ra.timer.log = log;
  ra.timer.cancelable = 1;  // else no old worker ever leaves
  ngx_add_timer(&ra.timer, housekeeping_interval);
}

}  // namespace

ngx_int_t start_worker(ngx_cycle_t* cycle) {
  const bool serves = ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE;
  const MainConf* main = main_conf(cycle);
  if (!serves || main == nullptr) return NGX_OK;
  for (const auto& ra : main->ras) {
    if (ra->pool == nullptr) continue;  // no location shows it
    guarded(false, [&] {
      start(*ra, cycle->log);
      return true;
    });
  }
  return NGX_OK;
}

void stop_worker(ngx_cycle_t* cycle) {
  const MainConf* main = main_conf(cycle);
  if (main == nullptr) return;
  for (const auto& ra : main->ras)
    while (ra->running != 0) ngx_msleep(1);
}

}  // namespace scep_ra::nginx
