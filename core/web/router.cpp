#include "web/router.h"

#include "web/mscep.h"
#include "web/mscep_admin.h"
#include "web/status.h"

namespace scep_ra::web {

std::optional<HttpReply> answer_at_once(const Site& site, Endpoint face,
                                        const HttpRequest& request) {
  switch (face) {
    case Endpoint::enrol:
      return enrol_answer_at_once(site, request);
    case Endpoint::admin:
      return std::nullopt;
    case Endpoint::status:
      return status_answer_at_once(request);
  }
  return text_reply(404, "not found");
}

HttpReply answer(const Site& site, Endpoint face, const HttpRequest& request) {
  switch (face) {
    case Endpoint::enrol:
      return enrol_answer(site, request);
    case Endpoint::admin:
      return admin_answer(site, request);
    case Endpoint::status:
      return status_answer(site, request);
  }
  return text_reply(404, "not found");
}

}  // namespace scep_ra::web
