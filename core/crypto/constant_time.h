#pragma once

#include <cstdint>

// Arithmetic on secrets without a branch or an index that depends on them.
namespace scep_ra::crypto::constant_time {

// All ones for yes, zero for no.
using Mask = std::uint32_t;

// Keeps the compiler from turning arithmetic back into a branch.
inline Mask opaque(Mask value) {
  __asm__("" : "+r"(value));
  return value;
}
inline Mask is_zero(std::uint32_t value) {
  return opaque(0U - ((~value & (value - 1)) >> 31));
}
inline Mask is_equal(std::uint32_t a, std::uint32_t b) {
  return is_zero(a ^ b);
}
// For values below 2^31.
inline Mask is_less(std::uint32_t a, std::uint32_t b) {
  return opaque(0U - ((a - b) >> 31));
}

}  // namespace scep_ra::crypto::constant_time
