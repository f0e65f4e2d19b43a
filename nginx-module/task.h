#pragma once

#include "conf.h"

namespace scep_ra::nginx {

// A request on its way through the thread pool, in the memory of the request's pool. Between `post`
// and the completion it belongs to the pool's thread, which touches nothing else.
struct Job {
  LoadedRa* ra = nullptr;
  ngx_thread_pool_t* pool = nullptr;
  Endpoint face{};
  HttpRequest request;
  HttpReply reply;
  bool done = false;
};

inline Job& job_of(ngx_http_request_t* r) {
  return *static_cast<Job*>(ngx_http_get_module_ctx(r, ngx_http_scep_ra_module));
}

// Has a pool thread answer the job, the request's context. NGX_DONE: the reply will be sent and the
// request finalized later. Otherwise the pool is full, 503 was sent, and that is the result.
ngx_int_t post(ngx_http_request_t*, Job&);

}  // namespace scep_ra::nginx
