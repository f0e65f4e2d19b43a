#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace scep_ra {

// RFC 4648, section 4, with padding, on one line.
std::string base64_encode(Bytes);

// What SCEP clients send (scep-requirements T9): standard or URL-safe letters, CR, LF, TAB
// anywhere, a blank where a `+` was form-decoded, missing `=`. Anything else: empty.
std::optional<Buffer> base64_decode_tolerant(std::string_view);

// `-----BEGIN label-----` text around the octets, lines of 64 characters.
std::string pem_encode(std::string_view label, Bytes);

// The octets of every block with that label, in order; empty when none is there or one is broken.
std::vector<Buffer> pem_decode(std::string_view label, std::string_view text);

}  // namespace scep_ra
