#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"

namespace scep_ra::policy {

// Keys that are never certified, whoever asks (threats-and-tests C11): those that the operator
// knows to be stolen, and published lists of keys that anybody can make. Any thread once it is
// filled.
class BlockedKeys {
 public:
  // Adds the keys that a text names, one a line; empty lines and those after `#` name none.
  // 64 hexadecimal digits are the SHA-256 of a SubjectPublicKeyInfo; 20 digits are the end of the
  // SHA-1 of the line `openssl rsa -modulus` prints, as in Debian's lists of the keys of
  // CVE-2008-0166 (openssl-vulnkey(1)). Errc::config, detail `name:line: reason`.
  Status add(std::string_view text, const std::string& name);

  [[nodiscard]] bool contains(const crypto::LibraryContext&, const crypto::PublicKey&) const;

 private:
  std::vector<std::array<std::uint8_t, 32>> keys_;    // sorted
  std::vector<std::array<std::uint8_t, 10>> moduli_;  // sorted
};

// Whether a key may be certified, or an answer be encrypted to it: it is not blocked, and nobody
// can factor it (`crypto::weakness`). `whose` begins the detail. Errc::bad_alg.
Status check_key(const crypto::LibraryContext&, const BlockedKeys&, const crypto::PublicKey&,
                 const std::string& whose);

}  // namespace scep_ra::policy
