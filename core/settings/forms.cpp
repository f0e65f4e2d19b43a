#include "settings/forms.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>
#include <utility>

#include "base/text.h"

namespace scep_ra::settings {
namespace {

using Unit = std::pair<char, std::uint64_t>;
constexpr Unit durations[] = {{'y', 31'536'000}, {'w', 604'800}, {'d', 86'400},
                              {'h', 3600},       {'m', 60},      {'s', 1}};

constexpr std::size_t longest_text = 4096;
constexpr std::size_t longest_name = 64;
// Long enough for names; short enough that libstdc++'s recursion over it is harmless.
constexpr std::size_t longest_expression = 512;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Nine digits at most: multiplied by any unit they fit.
std::optional<std::uint64_t> number_from(std::string_view digits) {
  if (digits.empty() || digits.size() > 9 || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// As asn1 reads it: arcs of at most 18 digits, the first 0 to 2, the second below 40 under 0 and 1.
bool is_oid(std::string_view text) {
  const auto arcs = split(text, '.');
  if (arcs.size() < 2 || text.size() > 128) return false;
  for (const auto arc : arcs)
    if (arc.empty() || arc.size() > 18 || !std::ranges::all_of(arc, is_digit) ||
        (arc.size() > 1 && arc[0] == '0'))
      return false;
  const bool below_40 = number_from(arcs[1]).value_or(40) < 40;
  return arcs[0] == "2" || ((arcs[0] == "0" || arcs[0] == "1") && below_40);
}

std::string with_path(std::string_view scheme, std::string_view name, const Path& folder) {
  return std::string(scheme) + absolute_path(Path(name), folder).string();
}

}  // namespace

std::optional<std::uint64_t> seconds_from(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto* unit = std::ranges::find(durations, text.back(), &Unit::first);
  const auto number = number_from(text.substr(0, text.size() - 1));
  if (unit == std::end(durations) || !number) return std::nullopt;
  return *number * unit->second;
}

std::string duration_text(std::uint64_t seconds) {
  for (const auto& [letter, size] : durations)
    if (letter != 'w' && seconds >= size && seconds % size == 0)
      return std::to_string(seconds / size) + letter;
  return std::to_string(seconds) + "s";
}

std::optional<std::uint64_t> octets_from(std::string_view text) {
  const char last = text.empty() ? '\0' : text.back();
  const std::uint64_t unit = last == 'k' || last == 'K'   ? 1024
                             : last == 'm' || last == 'M' ? std::uint64_t{1024} * 1024
                                                          : 1;
  const auto number = number_from(unit == 1 ? text : text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  return *number * unit;
}

std::string size_text(std::uint64_t octets) {
  constexpr std::uint64_t mebi = std::uint64_t{1024} * 1024;
  if (octets != 0 && octets % mebi == 0) return std::to_string(octets / mebi) + "m";
  if (octets != 0 && octets % 1024 == 0) return std::to_string(octets / 1024) + "k";
  return std::to_string(octets);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 64;
  std::string end = "\"";
  if (text.size() > longest) {
    text = text.substr(0, longest);
    end = "...\"";
  }
  return '"' + escaped(text) + end;
}

Path absolute_path(const Path& name, const Path& folder) {
  return (folder / name).lexically_normal();
}

std::optional<std::string> refuse_text(std::string_view text) {
  if (text.empty()) return "must not be empty";
  if (text.size() > longest_text)
    return "is longer than " + std::to_string(longest_text) + " octets";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) return "has a control character";
  return std::nullopt;
}

namespace {

// libstdc++ counts the numbers of `a{1,99999999999999999999}` and `\99999999999999999999` in a
// long and does not look whether they fit. A number anywhere else is text to it.
bool has_huge_number(std::string_view expression) {
  constexpr std::size_t most_digits = 9;
  const auto skip_digits = [&](std::size_t at) {
    return std::min(expression.find_first_not_of("0123456789", at), expression.size());
  };
  for (std::size_t at = 0; at < expression.size(); ++at) {
    if (expression[at] == '\\') {
      if (skip_digits(at + 1) - at - 1 > most_digits) return true;
      ++at;  // what is escaped begins nothing
    } else if (expression[at] == '{') {
      const std::size_t least = skip_digits(at + 1);
      const std::size_t most = least < expression.size() ? skip_digits(least + 1) : least;
      if (least - at - 1 > most_digits || most - least > most_digits + 1) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> refuse_expression(const std::string& text) {
  if (text.size() > longest_expression)
    return "is longer than " + std::to_string(longest_expression) + " octets";
  if (has_huge_number(text)) return in_quotes(text) + " has a number of more than 9 digits";
  try {
    static_cast<void>(std::regex(text, std::regex::ECMAScript));
  } catch (const std::regex_error& error) {
    return in_quotes(text) + " is no regular expression (" + error.what() + ")";
  }
  return std::nullopt;
}

bool is_template_name(std::string_view name) {
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view(" _().-").contains(c);
  };
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, allowed);
}

std::optional<std::string> any_text(std::string&, const Path&) {
  return std::nullopt;
}

std::optional<std::string> refuse_ra_name(std::string& value, const Path&) {
  if (value.size() > longest_name) return "is longer than 64 octets";
  return std::nullopt;
}

std::optional<std::string> refuse_state(std::string& value, const Path& folder) {
  constexpr std::string_view scheme = "sqlite:";
  if (value.starts_with("postgresql:"))  // what stands behind it may hold a password
    return "this build does not have PostgreSQL, only \"sqlite:PATH\"";
  if (!value.starts_with(scheme) || value.size() == scheme.size())
    return "expected \"sqlite:PATH\"";
  value = with_path(scheme, std::string_view(value).substr(scheme.size()), folder);
  return std::nullopt;
}

std::optional<std::string> refuse_pkcs11(std::string& value, const Path&) {
  if (!lower(value).starts_with("pkcs11:")) return std::nullopt;  // RFC 7512; it may hold a PIN
  return "this build does not have PKCS#11, only key files";
}

// RFC 5280, 8: whoever needs the CRL to open a TLS connection would need itself.
std::optional<std::string> refuse_crl_url(std::string& value, const Path&) {
  const auto is_odd = [](char c) { return c <= ' ' || c > '~'; };
  const std::size_t scheme = std::string_view("http://").size();
  if (value.starts_with("https://"))
    return "a CRL is fetched by plain http://; it is signed, and https needs one itself";
  if (!value.starts_with("http://") || value.size() == scheme || std::ranges::any_of(value, is_odd))
    return in_quotes(value) + " is no http:// URL";
  return std::nullopt;
}

std::optional<std::string> refuse_attribute(std::string& value, const Path&) {
  const bool keyword = is_letter(value.front()) && std::ranges::all_of(value, [](char c) {
                         return is_letter(c) || is_digit(c);
                       });
  if (keyword || is_oid(value)) return std::nullopt;
  return in_quotes(value) + " is no attribute: a keyword such as \"CN\" or an OID";
}

std::optional<std::string> refuse_application_policy(std::string& value, const Path&) {
  constexpr std::array<std::string_view, 6> words = {"clientAuth",        "serverAuth",
                                                     "codeSigning",       "emailProtection",
                                                     "ipsecIntermediate", "ipsecIKE"};
  if (std::ranges::find(words, value) != words.end() || is_oid(value)) return std::nullopt;
  std::string reason = in_quotes(value) + " is not one of ";
  for (const auto word : words) reason += in_quotes(word) + ", ";
  return reason + "and no OID";
}

std::optional<std::string> refuse_address(std::string& value, const Path&) {
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<std::uint8_t, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_pton(family, value.c_str(), address.data()) != 1) continue;
    if (::inet_ntop(family, address.data(), text.data(), text.size()) == nullptr) continue;
    value = text.data();
    return std::nullopt;
  }
  return in_quotes(value) + " is no IP address";
}

std::optional<std::string> refuse_sink(std::string& value, const Path& folder) {
  if (value == "syslog") return std::nullopt;
  for (const std::string_view scheme : {"syslog:", "file:"})
    if (value.starts_with(scheme) && value.size() > scheme.size()) {
      value = with_path(scheme, std::string_view(value).substr(scheme.size()), folder);
      return std::nullopt;
    }
  return in_quotes(value) + R"( is not one of "syslog", "syslog:PATH", "file:PATH")";
}

}  // namespace scep_ra::settings
