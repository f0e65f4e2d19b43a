#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace scep_ra {

bool is_valid_utf8(std::string_view);

// UTF-8 of a UTF-16 string, big-endian as in BMPString; empty when it is none.
std::optional<std::string> utf8_from_utf16be(Bytes);
// UTF-16LE of a UTF-8 string, with the byte order mark FF FE in front.
std::string utf16le_with_bom(std::string_view utf8);

bool equal_ignoring_case(std::string_view, std::string_view);  // ASCII letters
std::string lower(std::string_view);                           // ASCII letters

// One printable line for logs: control characters, DEL, bidirectional marks and octets that are not
// UTF-8 appear as `\xNN`; a backslash as `\\`.
std::string escaped(std::string_view);

std::vector<std::string_view> split(std::string_view, char separator);

// Text that stands in HTML content or in a quoted attribute.
std::string html_escaped(std::string_view);

}  // namespace scep_ra
