#include "policy/blocked_keys.h"

#include <algorithm>

#include "base/hex.h"
#include "base/text.h"

namespace scep_ra::policy {
namespace {

template <std::size_t size>
std::array<std::uint8_t, size> array_of(Bytes octets) {
  std::array<std::uint8_t, size> made{};
  std::ranges::copy(octets.first(size), made.begin());
  return made;
}

std::string_view without_ending(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

Buffer end_of_modulus_digest(const crypto::LibraryContext& library, const crypto::PublicKey& key) {
  const std::string printed = "Modulus=" + hex_upper(crypto::modulus(key)) + "\n";
  const Buffer digest = library.digest(crypto::Digest::sha1, as_bytes(printed));
  return to_buffer(Bytes(digest).last(10));
}

}  // namespace

Status BlockedKeys::add(std::string_view text, const std::string& name) {
  std::size_t number = 0;
  for (const std::string_view whole : split(text, '\n')) {
    ++number;
    const std::string_view line = without_ending(whole);
    if (line.empty() || line.starts_with('#')) continue;
    const auto fingerprint = hex_decode(line);
    if (fingerprint && fingerprint->size() == 32) {
      keys_.push_back(array_of<32>(*fingerprint));
    } else if (fingerprint && fingerprint->size() == 10) {
      moduli_.push_back(array_of<10>(*fingerprint));
    } else {
      return fail(Errc::config, Reason::configuration_invalid,
                  name + ":" + std::to_string(number) +
                      ": expected 64 or 20 hexadecimal digits, found " +
                      escaped(line.substr(0, 80)));
    }
  }
  std::ranges::sort(keys_);
  std::ranges::sort(moduli_);
  return {};
}

bool BlockedKeys::contains(const crypto::LibraryContext& library,
                           const crypto::PublicKey& key) const {
  if (!keys_.empty()) {
    const Buffer digest = library.digest(crypto::Digest::sha256, key.info());
    if (std::ranges::binary_search(keys_, array_of<32>(digest))) return true;
  }
  return !moduli_.empty() && key.kind() == crypto::KeyKind::rsa &&
         std::ranges::binary_search(moduli_, array_of<10>(end_of_modulus_digest(library, key)));
}

Status check_key(const crypto::LibraryContext& library, const BlockedKeys& blocked,
                 const crypto::PublicKey& key, const std::string& whose) {
  if (blocked.contains(library, key))
    return fail(Errc::bad_alg, Reason::key_not_allowed, whose + " is on a list of ra.blocked_keys");
  const std::string_view why = crypto::weakness(key);
  if (why.empty()) return {};
  return fail(Errc::bad_alg, Reason::key_not_allowed, whose + " is weak: " + std::string(why));
}

}  // namespace scep_ra::policy
