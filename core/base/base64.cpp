#include "base/base64.h"

namespace scep_ra {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int sextet_of(char letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9') return letter - '0' + 52;
  if (letter == '+' || letter == '-' || letter == ' ') return 62;
  if (letter == '/' || letter == '_') return 63;
  return -1;
}

bool is_line_break(char letter) {
  return letter == '\r' || letter == '\n' || letter == '\t';
}

}  // namespace

std::string base64_encode(Bytes octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, octets.size() - at);
    std::uint32_t group = static_cast<std::uint32_t>(octets[at]) << 16;
    if (count > 1) group |= static_cast<std::uint32_t>(octets[at + 1]) << 8;
    if (count > 2) group |= octets[at + 2];
    text.push_back(alphabet[group >> 18]);
    text.push_back(alphabet[group >> 12 & 63]);
    text.push_back(count > 1 ? alphabet[group >> 6 & 63] : '=');
    text.push_back(count > 2 ? alphabet[group & 63] : '=');
  }
  return text;
}

std::optional<Buffer> base64_decode_tolerant(std::string_view text) {
  Buffer octets;
  octets.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  unsigned letters = 0;
  unsigned padding = 0;
  for (char letter : text) {
    if (is_line_break(letter)) continue;
    if (letter == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    const int sextet = sextet_of(letter);
    if (sextet < 0 || padding > 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(sextet);
    if (++letters % 4 == 0) {
      for (unsigned shift : {16U, 8U, 0U})
        octets.push_back(static_cast<std::uint8_t>(group >> shift));
      group = 0;
    }
  }
  const unsigned left = letters % 4;
  if (left == 1 || (padding > 0 && left + padding != 4)) return std::nullopt;
  // What is beyond the last whole octet must be zero: one text for one value.
  if (left == 2) {
    if (group & 0x0f) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(group >> 4));
  } else if (left == 3) {
    if (group & 0x03) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(group >> 10));
    octets.push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return octets;
}

std::string pem_encode(std::string_view label, Bytes octets) {
  const std::string text = base64_encode(octets);
  std::string pem = "-----BEGIN " + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + "\n";
  return pem + "-----END " + std::string(label) + "-----\n";
}

std::vector<Buffer> pem_decode(std::string_view label, std::string_view text) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  std::vector<Buffer> blocks;
  for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at)) {
    at += begin.size();
    const auto stop = text.find(end, at);
    if (stop == text.npos) return {};
    // RFC 7468, 2: blanks at the ends of lines are no letters, as they are in a SCEP URL.
    std::string letters(text.substr(at, stop - at));
    std::erase(letters, ' ');
    auto octets = base64_decode_tolerant(letters);
    if (!octets || octets->empty()) return {};
    blocks.push_back(std::move(*octets));
    at = stop + end.size();
  }
  return blocks;
}

}  // namespace scep_ra
