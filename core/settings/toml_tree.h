#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "scep-ra/error.h"
#include "settings/settings.h"

namespace scep_ra::settings {

inline constexpr std::size_t largest_file = std::size_t{1024} * 1024;

// TOML 1.0 as a tree whose nodes know their lines. toml++ throws; nothing leaves here. Its words
// are passed on without what they quote of values, since that may be a secret.
Result<toml::table> parse_toml(std::string_view text, const Path& file);

// "a string", "an integer", ...: what was found where something else belongs.
std::string_view type_name(const toml::node&);

// The node of "a.b.c" below a table; null when there is none.
const toml::node* find_node(const toml::table&, std::string_view dotted);

}  // namespace scep_ra::settings
