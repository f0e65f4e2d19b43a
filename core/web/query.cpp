#include "web/query.h"

#include "base/percent.h"
#include "base/text.h"

namespace scep_ra::web {
namespace {

bool is_named(std::string_view parameter, std::string_view name) {
  const auto decoded = percent_decode(parameter.substr(0, parameter.find('=')));
  return decoded && equal_ignoring_case(*decoded, name);
}

std::string_view value_of(std::string_view parameter) {
  const auto equals = parameter.find('=');
  return equals == parameter.npos ? std::string_view{} : parameter.substr(equals + 1);
}

std::unexpected<Error> malformed(std::string_view why) {
  return fail(Errc::malformed, Reason::http_request_invalid, std::string(why));
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
  Query query;
  for (const std::string_view parameter : split(text, '&')) {
    if (is_named(parameter, "operation")) {
      if (query.operation) return malformed("operation is given twice");
      query.operation = percent_decode(value_of(parameter));
      if (!query.operation) return malformed("operation is not percent-encoded text");
    } else if (is_named(parameter, "message")) {
      if (query.message) return malformed("message is given twice");
      query.message = value_of(parameter);
    }
  }
  return query;
}

}  // namespace scep_ra::web
