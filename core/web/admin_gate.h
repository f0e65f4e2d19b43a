#pragma once

#include <optional>
#include <string_view>

#include "web/router.h"

namespace scep_ra::web {

// TLS up to this server, or up to a trusted proxy, our TCP peer, that says so (threats-and-tests
// W2).
bool came_over_tls(const AdminRules&, const HttpRequest&);

// Whether that user may obtain passwords. Nobody never may.
bool may_obtain_passwords(const AdminRules&, std::string_view user);

// Why this request may have no side effect: a browser sent it ahead of time, or on behalf of a page
// of another site (threats-and-tests W3). Empty: a person or a program asked for it. A link from
// another host of the same site may be followed; nothing of a page there may ask by itself.
std::optional<std::string_view> fault_of_origin(const HttpRequest&);

}  // namespace scep_ra::web
