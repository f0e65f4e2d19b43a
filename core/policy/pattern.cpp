#include "policy/pattern.h"

#include <locale>

namespace scep_ra::policy {

namespace {

// libstdc++'s default engine backtracks: exponential time and one stack frame an octet. The last
// flag selects its breadth-first one.
constexpr auto flags =
    std::regex::ECMAScript | std::regex::nosubs | std::regex_constants::__polynomial;

std::regex compiled(const std::string& expression) {
  std::regex regex;
  regex.imbue(std::locale::classic());
  regex.assign(expression, flags);
  return regex;
}

std::unexpected<Error> not_usable(const std::string& expression, const char* why) {
  return fail(Errc::config, Reason::configuration_invalid,
              "`" + expression + "` is no usable regular expression: " + why);
}

}  // namespace

Result<Pattern> Pattern::compile(std::string expression) {
  try {
    static_cast<void>(compiled(expression));  // alone, so that `a)(b` does not pass for balanced
    // A search would start anew at every octet; one match of the whole text is linear.
    auto whole = compiled("[\\s\\S]*(?:" + expression + ")[\\s\\S]*");
    return Pattern(std::move(expression), std::move(whole));
  } catch (const std::regex_error& error) {
    if (error.code() == std::regex_constants::error_complexity)
      return not_usable(expression, "back references are not allowed");
    return not_usable(expression, error.what());
  } catch (const std::exception& error) {
    return not_usable(expression, error.what());
  }
}

bool Pattern::found_in(std::string_view text) const noexcept {
  try {
    return std::regex_match(text.begin(), text.end(), expression_);
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace scep_ra::policy
