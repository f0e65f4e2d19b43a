#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/files.h"
#include "base/secret.h"
#include "crypto/library_context.h"
#include "scep-ra/error.h"

namespace scep_ra::challenge {

// How long the wrong passwords of a source count, from the first one on.
inline constexpr Seconds guess_window{600};

// Counts wrong passwords by source for all processes of a node, in a file that they map
// (threats-and-tests A6): a refusal costs no commit. A source is an IPv4 address or the /64 of an
// IPv6 address, kept as a keyed hash. The table has room for 65,536 of them; then the one with the
// fewest makes room. Any thread, no lock.
class GuessLimiter {
 public:
  // `maximum`: wrong passwords of a source. The clock outlives it. Opens nothing.
  GuessLimiter(crypto::Library, const Clock&, Secret key, std::uint32_t maximum, Path file);
  ~GuessLimiter();
  GuessLimiter(const GuessLimiter&) = delete;
  GuessLimiter& operator=(const GuessLimiter&) = delete;

  // In each process after the fork: maps the file; makes it, and its folder, when it is not there.
  // After Errc::unavailable this process counts for itself.
  Status open();

  // Errc::limited, too_many_wrong_passwords while a source has had as many wrong ones as it may.
  [[nodiscard]] Status may_try(std::string_view source) const;
  void count_wrong(std::string_view source) noexcept;

 private:
  struct Slot;
  struct Unmap {
    void operator()(Slot*) const noexcept;
  };
  [[nodiscard]] std::uint64_t hash_of(std::string_view source) const;
  [[nodiscard]] std::span<Slot> group_of(std::uint64_t hash) const;
  [[nodiscard]] std::uint32_t now() const;

  crypto::Library library_;
  const Clock& clock_;
  Secret key_;
  std::uint32_t maximum_;
  Path file_;
  std::unique_ptr<Slot[], Unmap> slots_;
};

}  // namespace scep_ra::challenge
