#include "scep/algorithm_policy.h"

namespace scep_ra::scep {

bool AlgorithmPolicy::allows(crypto::Digest digest) const noexcept {
  switch (digest) {
    case crypto::Digest::md5:
      return md5;
    case crypto::Digest::sha1:
      return sha1;
    case crypto::Digest::sha256:
    case crypto::Digest::sha384:
    case crypto::Digest::sha512:
      return true;
  }
  return false;
}

bool AlgorithmPolicy::allows(crypto::Cipher cipher) const noexcept {
  switch (cipher) {
    case crypto::Cipher::des_cbc:
      return des;
    case crypto::Cipher::des_ede3_cbc:
      return triple_des;
    case crypto::Cipher::aes128_cbc:
    case crypto::Cipher::aes192_cbc:
    case crypto::Cipher::aes256_cbc:
      return true;
  }
  return false;
}

crypto::Digest AlgorithmPolicy::reply_digest(crypto::Digest of_request) const noexcept {
  const bool weak = of_request == crypto::Digest::md5 || of_request == crypto::Digest::sha1;
  if (!weak) return of_request;
  return sha1 ? crypto::Digest::sha1 : crypto::Digest::sha256;
}

crypto::Cipher AlgorithmPolicy::reply_cipher(crypto::Cipher of_request) const noexcept {
  const bool weak =
      of_request == crypto::Cipher::des_cbc || of_request == crypto::Cipher::des_ede3_cbc;
  if (!weak) return of_request;
  return triple_des ? crypto::Cipher::des_ede3_cbc : crypto::Cipher::aes128_cbc;
}

}  // namespace scep_ra::scep
