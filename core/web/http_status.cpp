#include "web/http_status.h"

namespace scep_ra::web {

int http_status(Errc code) noexcept {
  switch (code) {
    case Errc::malformed:
    case Errc::bad_alg:
    case Errc::bad_message_check:
    case Errc::bad_request:
    case Errc::bad_time:
    case Errc::bad_cert_id:
      return 400;
    case Errc::denied:
      return 403;
    case Errc::limited:
      return 429;
    case Errc::unavailable:
      return 503;
    case Errc::config:
    case Errc::internal:
      return 500;
  }
  return 500;
}

}  // namespace scep_ra::web
