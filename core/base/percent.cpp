#include "base/percent.h"

#include "base/hex.h"

namespace scep_ra {

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const auto octet = hex_decode(text.substr(at + 1, 2));
    if (!octet || octet->front() == 0) return std::nullopt;
    decoded.push_back(static_cast<char>(octet->front()));
    at += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (char letter : text) {
    const bool unreserved = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                            (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' ||
                            letter == '_' || letter == '~';
    if (unreserved)
      encoded.push_back(letter);
    else
      encoded += "%" + hex_upper(as_bytes({&letter, 1}));
  }
  return encoded;
}

}  // namespace scep_ra
