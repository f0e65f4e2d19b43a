#pragma once

#include <string>
#include <string_view>

#include "web/router.h"

namespace scep_ra::web {

// The pages of NDES, byte for byte: MDMs read passwords out of them with literal strings
// (ndes-behaviour 3 and 4). Each is one line without a line feed at its end.
std::string password_page(const PasswordPage&, std::string_view password);
std::string cache_full_page(const PasswordPage&);
std::string no_permission_page();

// What a browser shows that opens the devices' URL (ndes-behaviour 2.2). `host` as the request
// names it; one that is no host name is left out.
std::string landing_page(std::string_view host);

}  // namespace scep_ra::web
