#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "settings/settings.h"

namespace scep_ra::settings {

// What a value must be besides having its type; of a list each word, and how many it must have.
struct AnyValue {};
struct OneOf {
  std::span<const std::string_view> words;
  std::size_t least = 0;
  std::span<const std::string_view> not_built =
      {};  // words of the contract this build cannot serve
};
struct Range {  // numbers; octets of a size; seconds of a duration
  std::uint64_t least, most;
};
struct Form {
  std::string_view description;  // for the reference; empty: the type says enough
  // Brings a value into the form in which it is kept, or says why it is refused. `folder`: where
  // the TOML file is.
  std::optional<std::string> (*refuse)(std::string& value, const Path& folder);
  std::size_t least = 0;
};
using Check = std::variant<AnyValue, OneOf, Range, Form>;

// Where a value goes; what it points to is the setting's type. One of a template goes into the last
// template of the list.
using Field = std::variant<std::string* (*)(Settings&),        // text
                           Path* (*)(Settings&),               // file
                           std::vector<Path>* (*)(Settings&),  // files
                           bool* (*)(Settings&),               // flag
                           std::uint32_t* (*)(Settings&),      // number
                           std::uint64_t* (*)(Settings&),      // size
                           Seconds* (*)(Settings&),            // duration
                           Words* (*)(Settings&),              // words
                           Patterns* (*)(Settings&),           // expressions by keyword
                           Secret* (*)(Settings&)>;            // secret

// The default of a setting that stays empty when it is not there.
inline constexpr std::string_view no_value = "none";

struct Setting {
  std::string_view key;  // "challenge.validity"; "template.*.validity" may stand in every template
  std::string_view fallback;  // the default, in TOML, or `no_value`; empty: the key must be there
  Check check;
  Field field;
  std::string_view help;  // half a sentence for the reference
};

// Every key a file may have, table by table. Reading, errors and reference know no other source.
std::span<const Setting> setting_table() noexcept;

inline constexpr std::string_view template_prefix = "template.*.";

}  // namespace scep_ra::settings
