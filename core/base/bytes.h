#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scep_ra {

// Borrowed octets, and owned ones. Bytes go into functions as `Bytes` and come out as `Buffer`.
using Bytes = std::span<const std::uint8_t>;
using Buffer = std::vector<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Buffer to_buffer(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

inline std::string to_string(Bytes bytes) {
  return std::string(as_text(bytes));
}

// Not constant-time: for public values. Secrets are compared by `Secret`.
inline bool equal(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

inline void append(Buffer& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace scep_ra
