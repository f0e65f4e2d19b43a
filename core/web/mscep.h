#pragma once

#include <optional>
#include <string_view>

#include "web/router.h"

namespace scep_ra::web {

// The face devices see: SCEP operations on any path, and the landing page for a bare GET.
//
// The message of a PKIOperation is the `message` parameter of a GET and the body of a POST, as
// octets or as base64 text; a POST's `message` parameter is ignored (one meaning: threats-and-tests
// P9). A POST without `operation` whose body looks like CMS is a PKIOperation (scep-requirements
// T5). HEAD begins no transaction. At once is answered what tells no event.
std::optional<HttpReply> enrol_answer_at_once(const Site&, const HttpRequest&);
HttpReply enrol_answer(const Site&, const HttpRequest&);

// Whether `operation=` names one of SCEP's, in any letter case.
bool is_scep_operation(std::string_view name);

}  // namespace scep_ra::web
