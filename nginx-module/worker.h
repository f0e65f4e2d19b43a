#pragma once

#include "conf.h"

namespace scep_ra::nginx {

// Opens what each shown RA needs and starts its housekeeping; a failure is logged and never fatal.
ngx_int_t start_worker(ngx_cycle_t*);

// Waits for calls that nginx could not join because its queue was full.
void stop_worker(ngx_cycle_t*);

}  // namespace scep_ra::nginx
