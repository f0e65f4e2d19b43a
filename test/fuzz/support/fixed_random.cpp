#define OPENSSL_SUPPRESS_DEPRECATED  // 3.0 has no shorter way to a RAND of one's own
#include "support/fixed_random.h"

#include <openssl/rand.h>

#include <cstdint>

namespace scep_ra::fuzz {
namespace {

std::uint64_t state = 0;

// xorshift64: not random for anybody, but without a period or zeros that a loop could wait for.
int fill(unsigned char* octets, int count) {
  for (int at = 0; at < count; ++at) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    octets[at] = static_cast<unsigned char>(state >> 32);
  }
  return 1;
}
int ready() {
  return 1;
}

const RAND_METHOD method{nullptr, fill, nullptr, nullptr, fill, ready};

}  // namespace

void begin_fixed_random() noexcept {
  state = 0x5ce9'0000'0000'0001;
  RAND_set_rand_method(&method);
}

}  // namespace scep_ra::fuzz
