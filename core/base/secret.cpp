#include "base/secret.h"

#include <cstring>
#include <utility>

namespace scep_ra {

void wipe(std::span<std::uint8_t> octets) noexcept {
  if (octets.empty()) return;
  std::memset(octets.data(), 0, octets.size());
  __asm__ __volatile__("" : : "r"(octets.data()) : "memory");
}

bool equal_in_constant_time(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t at = 0; at < a.size(); ++at)
    difference = static_cast<std::uint8_t>(difference | (a[at] ^ b[at]));
  return difference == 0;
}

Secret::Secret(Bytes octets) : octets_(octets.begin(), octets.end()) {}

Secret Secret::zeros(std::size_t size) {
  return Secret(Buffer(size));
}

Secret::~Secret() {
  wipe(octets_);
}

Secret::Secret(Secret&& other) noexcept : octets_(std::exchange(other.octets_, {})) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(octets_);
    octets_ = std::exchange(other.octets_, {});
  }
  return *this;
}

bool operator==(const Secret& a, const Secret& b) {
  return equal_in_constant_time(a.octets_, b.octets_);
}

}  // namespace scep_ra
