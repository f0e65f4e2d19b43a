#include "base/hex.h"

namespace scep_ra {
namespace {

std::string hex(Bytes octets, std::string_view digits) {
  std::string text;
  text.reserve(2 * octets.size());
  for (std::uint8_t octet : octets) {
    text.push_back(digits[octet >> 4]);
    text.push_back(digits[octet & 0x0f]);
  }
  return text;
}

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex_upper(Bytes octets) {
  return hex(octets, "0123456789ABCDEF");
}
std::string hex_lower(Bytes octets) {
  return hex(octets, "0123456789abcdef");
}

std::optional<Buffer> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Buffer octets;
  octets.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = value_of(text[at]);
    const int low = value_of(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return octets;
}

}  // namespace scep_ra
