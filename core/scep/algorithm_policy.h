#pragma once

#include "crypto/algorithms.h"

namespace scep_ra::scep {

// What a message may be made with: `[ra] legacy`, one field a word. AES and SHA-2 are always on.
struct AlgorithmPolicy {
  bool triple_des = true;
  bool sha1 = true;
  bool des = false;
  bool md5 = false;
  unsigned minimum_rsa_bits = 2048;  // of a signer's key; the smallest that a template allows

  [[nodiscard]] bool allows(crypto::Digest) const noexcept;
  [[nodiscard]] bool allows(crypto::Cipher) const noexcept;

  // What an answer is made with: as the request if it is strong enough, never MD5 or single DES
  // (scep-requirements E6, E13, R18).
  [[nodiscard]] crypto::Digest reply_digest(crypto::Digest of_request) const noexcept;
  [[nodiscard]] crypto::Cipher reply_cipher(crypto::Cipher of_request) const noexcept;
};

}  // namespace scep_ra::scep
