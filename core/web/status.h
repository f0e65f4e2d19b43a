#pragma once

#include <optional>

#include "web/router.h"

namespace scep_ra::web {

// `ready`, for balancers, and `health`, for people and monitoring: 200, or 503 with the reasons;
// JSON. Whoever may see the location may see the reasons.
std::optional<HttpReply> status_answer_at_once(const HttpRequest&);
HttpReply status_answer(const Site&, const HttpRequest&);

}  // namespace scep_ra::web
