#pragma once

#include <vector>

#include "conf.h"

namespace scep_ra::nginx {

// Sends exactly this reply; the request is then finalized with the result. The body is not copied:
// the reply lives as long as the request's pool.
ngx_int_t send_reply(ngx_http_request_t*, const HttpReply&);

// 503 for a full thread pool.
HttpReply busy();

void copy_events(ngx_log_t*, const std::vector<Event>&);

}  // namespace scep_ra::nginx
