#include "tool/fingerprint.h"

#include "base/hex.h"

namespace scep_ra::tool {

namespace {

std::string grouped(const std::string& digits, std::size_t size, char separator) {
  std::string text;
  for (std::size_t at = 0; at < digits.size(); at += size) {
    if (at > 0) text.push_back(separator);
    text += digits.substr(at, size);
  }
  return text;
}

}  // namespace

std::optional<Fingerprint> read_fingerprint(std::string_view text) {
  std::string digits;
  for (char letter : text)
    if (!std::string_view(" \t:-").contains(letter)) digits.push_back(letter);
  auto octets = hex_decode(digits);
  if (!octets) return std::nullopt;
  switch (octets->size()) {
    case 16:
      return Fingerprint{crypto::Digest::md5, *std::move(octets)};
    case 20:
      return Fingerprint{crypto::Digest::sha1, *std::move(octets)};
    case 32:
      return Fingerprint{crypto::Digest::sha256, *std::move(octets)};
    default:
      return std::nullopt;
  }
}

bool matches(const crypto::Library& library, const Fingerprint& fingerprint,
             const crypto::Certificate& certificate) {
  return equal(library->digest(fingerprint.digest, certificate.der()), fingerprint.octets);
}

std::string fingerprint_text(const crypto::Library& library, crypto::Digest digest,
                             const crypto::Certificate& certificate) {
  return grouped(hex_upper(library->digest(digest, certificate.der())), 2, ':');
}

std::string thumbprint_text(const crypto::Library& library,
                            const crypto::Certificate& certificate) {
  return grouped(hex_upper(library->digest(crypto::Digest::md5, certificate.der())), 8, ' ');
}

}  // namespace scep_ra::tool
