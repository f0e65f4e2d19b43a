#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace scep_ra {

// Percent-decodes exactly once (RFC 3986); `+` stays. Empty when a `%` has no two hex digits or
// stands for NUL.
std::optional<std::string> percent_decode(std::string_view);

std::string percent_encode(std::string_view);  // all but unreserved characters

}  // namespace scep_ra
