#pragma once

#include <cstdint>

namespace scep_ra::asn1 {

// The identifier octet of X.690, 8.1.2, for tag numbers below 31: class, constructed bit, number.
using Tag = std::uint8_t;

namespace tag {
inline constexpr Tag boolean = 0x01;
inline constexpr Tag integer = 0x02;
inline constexpr Tag bit_string = 0x03;
inline constexpr Tag octet_string = 0x04;
inline constexpr Tag null = 0x05;
inline constexpr Tag object_identifier = 0x06;
inline constexpr Tag enumerated = 0x0a;
inline constexpr Tag utf8_string = 0x0c;
inline constexpr Tag numeric_string = 0x12;
inline constexpr Tag printable_string = 0x13;
inline constexpr Tag t61_string = 0x14;
inline constexpr Tag ia5_string = 0x16;
inline constexpr Tag utc_time = 0x17;
inline constexpr Tag generalized_time = 0x18;
inline constexpr Tag visible_string = 0x1a;
inline constexpr Tag universal_string = 0x1c;
inline constexpr Tag bmp_string = 0x1e;
inline constexpr Tag sequence = 0x30;
inline constexpr Tag set = 0x31;

inline constexpr Tag constructed_bit = 0x20;
constexpr Tag context(unsigned number) {
  return static_cast<Tag>(0x80 | number);
}
constexpr Tag context_constructed(unsigned number) {
  return static_cast<Tag>(0xa0 | number);
}
}  // namespace tag

}  // namespace scep_ra::asn1
