#include "module.h"

namespace scep_ra::nginx {
namespace {

// A worker told to quit leaves as soon as no timer is left; running tasks do not count. Longer than
// any call to the outside; when it fires all the same, it is set again.
constexpr ngx_msec_t task_timer = 60'000;

// In the pool's thread: no request, no pool, no log of nginx's.
void run(void* context, ngx_log_t* /*unused*/) {
  note_pool_thread();
  auto& job = *static_cast<Job*>(context);
  LoadedRa& loaded = *job.conf->ra;
  job.reply = guarded(HttpReply(), [&] { return loaded.ra->handle(job.conf->face, job.request); });
  job.answered = true;
  --loaded.running;
}

// nginx calls it on any write event, and `completed` when the job is done.
void resume(ngx_http_request_t* r) {
  const Job& job = job_of(r);
  if (!job.done) return;
  ngx_http_finalize_request(r, guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR,
                                                  [&] { return send_reply(r, job.reply); }));
}

void completed(ngx_event_t* event) {
  auto* r = static_cast<ngx_http_request_t*>(event->data);
  ngx_connection_t* c = r->connection;
  ngx_http_set_log_request(c->log, r);
  if (event->timedout != 0) {
    ngx_log_error(NGX_LOG_ALERT, c->log, 0, "scep_ra: a request takes more than a minute");
    event->timedout = 0;
    ngx_add_timer(event, task_timer);
    return;
  }
  if (event->timer_set != 0) ngx_del_timer(event);

  Job& job = job_of(r);
  --job.conf->ra->in_flight;
  job.done = job.answered;
  copy_events(c->log, job.reply.events);  // also when the client has gone
  r->main->blocked--;
  r->aio = 0;
#if nginx_version >= 1025004
  if (r->main->terminated != 0) {
    c->write->handler(c->write);
    return;
  }
#endif
  // Through the request: when it was terminated meanwhile, nginx has put its finalizer there.
  r->write_event_handler(r);
  ngx_http_run_posted_requests(c);
}

HttpReply busy() {
  return {.status = 503,
          .content_type = "text/plain",
          .body = "Busy, try again later.\n",
          .headers = {{"Retry-After", "5"}, {"Cache-Control", "no-store"}},
          .events = {}};
}

ngx_int_t turn_away(ngx_http_request_t* r, Job& job) {
  job.reply = busy();
  return send_reply(r, job.reply);
}

}  // namespace

ngx_int_t post(ngx_http_request_t* r, Job& job) {
  LoadedRa& loaded = *job.conf->ra;
  // What waits in the pool's queue is in flight too.
  if (loaded.in_flight >= loaded.ra->maximum_in_flight()) return turn_away(r, job);
  ngx_thread_task_t* task = ngx_thread_task_alloc(r->pool, 0);
  if (task == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  task->ctx = &job;
  task->handler = run;
  task->event.handler = completed;
  task->event.data = r;
  task->event.log = r->connection->log;

  ++loaded.running;
  if (ngx_thread_task_post(job.conf->pool, task) != NGX_OK) {
    --loaded.running;
    return turn_away(r, job);
  }
  ++loaded.in_flight;
  ngx_add_timer(&task->event, task_timer);
  r->main->blocked++;
  r->aio = 1;
  r->write_event_handler = resume;
  return NGX_DONE;
}

}  // namespace scep_ra::nginx
