#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "asn1/oid.h"

namespace scep_ra::crypto {

enum class Digest : std::uint8_t { md5, sha1, sha256, sha384, sha512 };
enum class Cipher : std::uint8_t { des_cbc, des_ede3_cbc, aes128_cbc, aes192_cbc, aes256_cbc };
enum class KeyKind : std::uint8_t { rsa, ec };
enum class Padding : std::uint8_t { pkcs1, pss };  // of RSA signatures
enum class KeyTransport : std::uint8_t { pkcs1, oaep_sha1, oaep_sha256 };

// "sha256", "aes128-cbc": the words of events and settings.
std::string_view word(Digest) noexcept;
std::string_view word(Cipher) noexcept;

const asn1::Oid& oid_of(Digest) noexcept;
const asn1::Oid& oid_of(Cipher) noexcept;
std::optional<Digest> digest_of(const asn1::Oid&) noexcept;
std::optional<Cipher> cipher_of(const asn1::Oid&) noexcept;

}  // namespace scep_ra::crypto
