#include "crypto/algorithms.h"

#include <array>

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;

template <class Kind>
struct Row {
  Kind kind;
  std::string_view word;
  const asn1::Oid* type;
};

constexpr std::array digests{
    Row<Digest>{Digest::md5, "md5", &oid::md5},
    Row<Digest>{Digest::sha1, "sha1", &oid::sha1},
    Row<Digest>{Digest::sha256, "sha256", &oid::sha256},
    Row<Digest>{Digest::sha384, "sha384", &oid::sha384},
    Row<Digest>{Digest::sha512, "sha512", &oid::sha512},
};

constexpr std::array ciphers{
    Row<Cipher>{Cipher::des_cbc, "des-cbc", &oid::des_cbc},
    Row<Cipher>{Cipher::des_ede3_cbc, "des-ede3-cbc", &oid::des_ede3_cbc},
    Row<Cipher>{Cipher::aes128_cbc, "aes128-cbc", &oid::aes128_cbc},
    Row<Cipher>{Cipher::aes192_cbc, "aes192-cbc", &oid::aes192_cbc},
    Row<Cipher>{Cipher::aes256_cbc, "aes256-cbc", &oid::aes256_cbc},
};

template <class Rows, class Kind>
const auto& row_of(const Rows& rows, Kind kind) {
  return rows[static_cast<std::size_t>(kind)];  // in the order of the enumeration
}

template <class Kind, class Rows>
std::optional<Kind> kind_of(const Rows& rows, const asn1::Oid& type) {
  for (const auto& row : rows)
    if (*row.type == type) return row.kind;
  return std::nullopt;
}

}  // namespace

std::string_view word(Digest digest) noexcept {
  return row_of(digests, digest).word;
}
std::string_view word(Cipher cipher) noexcept {
  return row_of(ciphers, cipher).word;
}
const asn1::Oid& oid_of(Digest digest) noexcept {
  return *row_of(digests, digest).type;
}
const asn1::Oid& oid_of(Cipher cipher) noexcept {
  return *row_of(ciphers, cipher).type;
}

std::optional<Digest> digest_of(const asn1::Oid& type) noexcept {
  return kind_of<Digest>(digests, type);
}
std::optional<Cipher> cipher_of(const asn1::Oid& type) noexcept {
  return kind_of<Cipher>(ciphers, type);
}

}  // namespace scep_ra::crypto
