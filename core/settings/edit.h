#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scep-ra/error.h"

namespace scep_ra::settings {

// A setting of a table that the file has: "ca.former" and its new value in TOML; an empty value
// takes the key away.
struct Change {
  std::string key;
  std::string value;
};

// A string and a list of strings as TOML has them.
std::string toml_text(std::string_view);
std::string toml_list(const std::vector<std::string>&);

// The text of a TOML file with those changes; comments, order and everything else stay as they
// were, which is proved by reading it again. Errc::unavailable with the lines to write by hand when
// the file's form does not allow it. Touches no file.
Result<std::string> changed_text(std::string_view text, const std::vector<Change>&);

}  // namespace scep_ra::settings
