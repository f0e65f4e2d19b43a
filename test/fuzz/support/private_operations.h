#pragma once

namespace scep_ra::fuzz {

// How often a private key has decrypted since the last call: EVP_PKEY_decrypt, which the linker
// leads through a counter.
unsigned private_operations() noexcept;

}  // namespace scep_ra::fuzz
