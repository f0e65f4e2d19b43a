#pragma once

#include "base/secret.h"
#include "crypto/key.h"

namespace scep_ra::crypto {

// Unwraps content keys without telling anyone whether the padding was right.
class KeyUnwrap {
 public:
  // Errc::config when the key is not RSA.
  static Result<KeyUnwrap> make(const Library&, PrivateKey);

  // Raw RSA, then PKCS#1 v1.5 or OAEP padding taken off in constant time. Bad padding, and a key
  // of another length than `key_size` (at most 32), give a key derived from the private key and the
  // ciphertext: the same for the same ciphertext, unknowable to its maker (threats-and-tests C6,
  // C10). Errc::bad_message_check only when the ciphertext is no number below the modulus, which
  // its sender knows; Errc::internal when the key cannot work.
  [[nodiscard]] Result<Secret> unwrap(KeyTransport, Bytes encrypted_key,
                                      std::size_t key_size) const;

  [[nodiscard]] std::size_t modulus_size() const { return (key_.public_key().bits() + 7) / 8; }

 private:
  KeyUnwrap(Library library, PrivateKey key, Secret fallback_key)
      : library_(std::move(library)),
        key_(std::move(key)),
        fallback_key_(std::move(fallback_key)) {}
  Library library_;
  PrivateKey key_;
  Secret fallback_key_;
};

}  // namespace scep_ra::crypto
