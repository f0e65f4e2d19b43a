#pragma once

#include "base/bytes.h"

namespace scep_ra {

// Randomness is injected. The real one is `crypto/`'s; it ends the process rather than return
// octets that are not random.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t>) = 0;
  Buffer bytes(std::size_t count) {
    Buffer octets(count);
    fill(octets);
    return octets;
  }
};

}  // namespace scep_ra
