#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace scep_ra {

// Octets that must not leave the process: wiped when destroyed, compared in constant time (the
// length is public), impossible to print. Move-only, so that copies are visible as `copy()`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes);
  explicit Secret(std::string_view text) : Secret(as_bytes(text)) {}
  explicit Secret(Buffer&& octets) noexcept : octets_(std::move(octets)) {}
  static Secret zeros(std::size_t size);
  ~Secret();
  Secret(Secret&&) noexcept;
  Secret& operator=(Secret&&) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] Secret copy() const { return Secret(reveal()); }
  [[nodiscard]] Bytes reveal() const { return octets_; }
  std::span<std::uint8_t> writable() { return octets_; }
  [[nodiscard]] std::size_t size() const { return octets_.size(); }
  [[nodiscard]] bool empty() const { return octets_.empty(); }

  friend bool operator==(const Secret&, const Secret&);

 private:
  Buffer octets_;
};

// Overwrites memory in a way the compiler may not remove.
void wipe(std::span<std::uint8_t>) noexcept;

// Takes the same time whatever the octets are; false at once when the lengths differ.
bool equal_in_constant_time(Bytes, Bytes) noexcept;

}  // namespace scep_ra
