#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scep-ra/error.h"

namespace scep_ra::web {

// What matters of a query string. The names are found in any letter case and any order, other
// parameters are ignored (scep-requirements T7).
struct Query {
  std::optional<std::string> operation;  // percent-decoded
  std::optional<std::string_view>
      message;  // not decoded: for most operations it may be anything (T11)
};

// Borrows from `text`. Errc::malformed when `operation` or `message` stands there twice, or
// `operation` cannot be decoded or has a NUL.
Result<Query> parse_query(std::string_view text);

}  // namespace scep_ra::web
