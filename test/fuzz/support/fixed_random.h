#pragma once

namespace scep_ra::fuzz {

// From here on OpenSSL's randomness, in every library context of the program, is one and the same
// sequence of octets: an input does the same each time.
void begin_fixed_random() noexcept;

}  // namespace scep_ra::fuzz
