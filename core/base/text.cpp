#include "base/text.h"

#include "base/hex.h"

namespace scep_ra {
namespace {

struct Codepoint {
  char32_t value;
  std::size_t size;  // octets; 0: the text is not UTF-8 here
};

// Strict: shortest form, no surrogates, at most U+10FFFF (RFC 3629).
Codepoint first_codepoint(std::string_view text) {
  const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {0, 0};
  char32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t at = 1; at < size; ++at) {
    if ((octet(at) & 0xc0) != 0x80) return {0, 0};
    value = value << 6 | (octet(at) & 0x3fU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {0, 0};
  return {value, size};
}

void append_utf8(std::string& to, char32_t value) {
  const auto put = [&](char32_t octet) { to.push_back(static_cast<char>(octet)); };
  if (value < 0x80) return put(value);
  if (value < 0x800) {
    put(0xc0 | value >> 6);
  } else if (value < 0x10000) {
    put(0xe0 | value >> 12);
    put(0x80 | (value >> 6 & 0x3f));
  } else {
    put(0xf0 | value >> 18);
    put(0x80 | (value >> 12 & 0x3f));
    put(0x80 | (value >> 6 & 0x3f));
  }
  put(0x80 | (value & 0x3f));
}

bool is_unprintable(char32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x2028 || value == 0x2029 ||
         value == 0x061c || value == 0x200e || value == 0x200f ||
         (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069) ||
         value == 0xfeff;
}

char lower_of(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Codepoint next = first_codepoint(text);
    if (next.size == 0) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

std::optional<std::string> utf8_from_utf16be(Bytes octets) {
  if (octets.size() % 2 != 0) return std::nullopt;
  std::string text;
  text.reserve(octets.size() / 2 * 3);  // a secret leaves no outgrown buffer behind
  for (std::size_t at = 0; at < octets.size(); at += 2) {
    char32_t unit = static_cast<char32_t>(octets[at]) << 8 | octets[at + 1];
    if (unit >= 0xdc00 && unit < 0xe000) return std::nullopt;
    if (unit >= 0xd800 && unit < 0xdc00) {
      if (at + 3 >= octets.size()) return std::nullopt;
      const char32_t low = static_cast<char32_t>(octets[at + 2]) << 8 | octets[at + 3];
      if (low < 0xdc00 || low >= 0xe000) return std::nullopt;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
      at += 2;
    }
    append_utf8(text, unit);
  }
  return text;
}

std::string utf16le_with_bom(std::string_view utf8) {
  std::string octets = "\xff\xfe";
  octets.reserve(octets.size() + 2 * utf8.size());  // a secret leaves no outgrown buffer behind
  const auto put = [&](char32_t unit) {
    octets.push_back(static_cast<char>(unit & 0xff));
    octets.push_back(static_cast<char>(unit >> 8 & 0xff));
  };
  while (!utf8.empty()) {
    const Codepoint next = first_codepoint(utf8);
    utf8.remove_prefix(next.size ? next.size : 1);
    const char32_t value = next.size ? next.value : U'�';
    if (value < 0x10000) {
      put(value);
    } else {
      put(0xd800 + ((value - 0x10000) >> 10));
      put(0xdc00 + ((value - 0x10000) & 0x3ff));
    }
  }
  return octets;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower_of(x) == lower_of(y); });
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), lower_of);
  return lowered;
}

std::string escaped(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Codepoint next = first_codepoint(text);
    const std::string_view octets = text.substr(0, next.size ? next.size : 1);
    text.remove_prefix(octets.size());
    if (next.size == 0 || is_unprintable(next.value))
      for (char octet : octets) line += "\\x" + hex_upper(as_bytes({&octet, 1}));
    else if (octets == "\\")
      line += "\\\\";
    else
      line += octets;
  }
  return line;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string html_escaped(std::string_view text) {
  std::string html;
  for (char letter : text) {
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html.push_back(letter);
    }
  }
  return html;
}

}  // namespace scep_ra
