#include "support/private_operations.h"

#include <openssl/evp.h>

#include <utility>

namespace {
unsigned operations = 0;
}

extern "C" {
// Names that the linker makes (--wrap).
// NOLINTBEGIN(bugprone-reserved-identifier)
int __real_EVP_PKEY_decrypt(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*,
                            std::size_t);
int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX* context, unsigned char* out, std::size_t* out_size,
                            const unsigned char* in, std::size_t in_size) {
  ++operations;
  return __real_EVP_PKEY_decrypt(context, out, out_size, in, in_size);
}
// NOLINTEND(bugprone-reserved-identifier)
}

namespace scep_ra::fuzz {

unsigned private_operations() noexcept {
  return std::exchange(operations, 0U);
}

}  // namespace scep_ra::fuzz
