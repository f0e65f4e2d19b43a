#pragma once

#include <regex>
#include <string>
#include <string_view>

#include "scep-ra/error.h"

namespace scep_ra::policy {

// A regular expression of an operator: ECMAScript over the octets of the UTF-8 text, found anywhere
// in it, so that `^` and `$` are his to write. The text is a device's: matching takes linear time
// (quadratic with look-ahead) and no deep recursion. Immutable; any thread.
class Pattern {
 public:
  // Errc::config when it is none, or has a back reference, whose time no engine can bound.
  static Result<Pattern> compile(std::string expression);

  [[nodiscard]] bool found_in(
      std::string_view text) const noexcept;  // false, too, when the engine gives up
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  Pattern(std::string source, std::regex expression)
      : source_(std::move(source)), expression_(std::move(expression)) {}
  std::string source_;
  std::regex expression_;
};

}  // namespace scep_ra::policy
