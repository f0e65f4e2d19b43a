#pragma once

#include <array>

#include "crypto/library_context.h"
#include "crypto/ossl.h"

namespace scep_ra::crypto {

// What a LibraryContext holds, for the files of this room. Fetched once: a fetch takes a lock.
struct LibraryContext::Handles {
  LibraryPtr library;
  ProviderPtr default_provider;
  ProviderPtr legacy_provider;  // only with Legacy::yes
  std::array<DigestPtr, 5> digests;
  std::array<CipherPtr, 5> ciphers;  // des_cbc empty without the legacy provider
  MacPtr hmac;
  std::unique_ptr<Random> random;

  [[nodiscard]] const EVP_MD* digest(Digest which) const {
    return digests[static_cast<std::size_t>(which)].get();
  }
  [[nodiscard]] const EVP_CIPHER* cipher(Cipher which) const {
    return ciphers[static_cast<std::size_t>(which)].get();
  }
};

}  // namespace scep_ra::crypto
