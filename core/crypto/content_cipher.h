#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/library_context.h"

namespace scep_ra::crypto {

std::size_t key_size(Cipher) noexcept;
std::size_t block_size(Cipher) noexcept;

// CBC with PKCS#7 padding. `iv` has the size of a block.
Result<Buffer> encrypt_content(const Library&, Cipher, const Secret& key, Bytes iv,
                               Bytes plaintext);
// The plaintext may hold a password, hence a Secret. Any failure is Errc::bad_message_check.
Result<Secret> decrypt_content(const Library&, Cipher, const Secret& key, Bytes iv,
                               Bytes ciphertext);

// CBC of whole blocks, without padding. Errc::internal and Errc::bad_message_check for what is
// none.
Result<Buffer> encrypt_blocks(const Library&, Cipher, const Secret& key, Bytes iv, Bytes blocks);
Result<Secret> decrypt_blocks(const Library&, Cipher, const Secret& key, Bytes iv, Bytes blocks);

}  // namespace scep_ra::crypto
