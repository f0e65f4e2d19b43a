#pragma once

#include <string>

#include "conf.h"

namespace scep_ra::nginx {

// The admin face serves proved users only (design: "The admin face proves the login").

// When all confs are merged: NGX_ERROR, with a line in the log, when a block that shows the admin
// face demands no authentication, or could be entered without it.
ngx_int_t check_admin_blocks(ngx_conf_t*, MainConf&);

// Last handler before the access phase: forgets the user that a variable has read from the
// unverified header, so that only what the access phase proves is there afterwards.
ngx_int_t forget_claimed_user(ngx_http_request_t*);

// After the access phase: who has been proved; empty: nobody.
std::string proved_user(ngx_http_request_t*, const LocationConf&);

}  // namespace scep_ra::nginx
