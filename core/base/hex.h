#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace scep_ra {

std::string hex_upper(Bytes);
std::string hex_lower(Bytes);

// Either letter case, an even number of digits and nothing else; empty otherwise.
std::optional<Buffer> hex_decode(std::string_view);

}  // namespace scep_ra
