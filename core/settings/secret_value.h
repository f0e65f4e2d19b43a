#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "scep-ra/error.h"
#include "settings/settings.h"

namespace scep_ra::settings {

// 32 octets written as 64 hexadecimal digits in the TOML file itself, which nobody but its owner
// may then read. Errc::config; the detail never shows a digit.
Result<Secret> inline_secret(std::string_view digits, const Path& toml_file);

// The same digits, or the 32 octets, in a file that only its owner may read.
Result<Secret> file_secret(const Path&);

void wipe_text(std::string&) noexcept;  // of a text that held a secret

}  // namespace scep_ra::settings
