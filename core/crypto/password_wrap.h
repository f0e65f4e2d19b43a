#pragma once

#include "base/secret.h"
#include "crypto/algorithms.h"
#include "crypto/library_context.h"

namespace scep_ra::crypto {

// How a content key was wrapped under a password: PBKDF2 with HMAC-SHA-256 (RFC 8018), then RFC
// 3211.
struct PasswordWrap {
  Cipher cipher = Cipher::aes128_cbc;  // of the key-encryption key
  Buffer salt, iv, wrapped_key;
  std::uint32_t iterations = 0;
};

// The most iterations that anybody is believed: each costs a microsecond (scep-requirements S9).
inline constexpr std::uint32_t maximum_iterations = 1'000'000;

Result<PasswordWrap> wrap_with_password(const Library&, Cipher, Bytes password,
                                        const Secret& content_key);
// Errc::bad_message_check.
Result<Secret> unwrap_with_password(const Library&, const PasswordWrap&, Bytes password);

}  // namespace scep_ra::crypto
