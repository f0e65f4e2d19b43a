#include "asn1/name.h"

#include <array>

#include "asn1/writer.h"
#include "base/text.h"

namespace scep_ra::asn1 {
namespace {

constexpr std::size_t maximum_rdns = 32;
constexpr std::size_t maximum_string = 4096;

struct Keyword {
  std::string_view text;
  Oid type;
  Tag usual_type;
};

constexpr std::array keywords{
    Keyword{"CN", oid::common_name, tag::utf8_string},
    Keyword{"C", oid::country, tag::printable_string},
    Keyword{"L", oid::locality, tag::utf8_string},
    Keyword{"ST", oid::state, tag::utf8_string},
    Keyword{"STREET", oid::street, tag::utf8_string},
    Keyword{"O", oid::organization, tag::utf8_string},
    Keyword{"OU", oid::organizational_unit, tag::utf8_string},
    Keyword{"serialNumber", oid::serial_number, tag::printable_string},
    Keyword{"SN", oid::surname, tag::utf8_string},
    Keyword{"GN", oid::given_name, tag::utf8_string},
    Keyword{"title", oid::title, tag::utf8_string},
    Keyword{"dnQualifier", oid::dn_qualifier, tag::printable_string},
    Keyword{"DC", oid::domain_component, tag::ia5_string},
    Keyword{"UID", oid::user_id, tag::utf8_string},
    Keyword{"emailAddress", oid::email_address, tag::ia5_string},
    Keyword{"unstructuredName", oid::unstructured_name, tag::utf8_string},
    Keyword{"unstructuredAddress", oid::unstructured_address, tag::utf8_string},
};

const Keyword* keyword_of(const Oid& type) {
  const auto* found = std::ranges::find(keywords, type, &Keyword::type);
  return found == keywords.end() ? nullptr : found;
}

std::string escaped_value(std::string_view value) {
  std::string text;
  for (char letter : value) {
    if (std::string_view(",+=\"<>;#\\").contains(letter)) text.push_back('\\');
    text.push_back(letter);
  }
  return text;
}

// Splits at unescaped separators; escapes stay in the pieces.
std::vector<std::string> pieces_of(std::string_view text, std::string_view separators) {
  std::vector<std::string> pieces(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      pieces.back() += text.substr(at++, 2);
    } else if (separators.contains(text[at])) {
      pieces.emplace_back();
    } else {
      pieces.back().push_back(text[at]);
    }
  }
  return pieces;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (text.size() > 1 && text.back() == ' ' && text[text.size() - 2] != '\\')
    text.remove_suffix(1);
  return text == " " ? std::string_view{} : text;
}

std::string unescaped(std::string_view text) {
  std::string value;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value.push_back(text[at]);
  }
  return value;
}

std::optional<Buffer> attribute_from_text(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos) return std::nullopt;
  const auto type = attribute_type(trimmed(text.substr(0, equals)));
  const std::string value = unescaped(trimmed(text.substr(equals + 1)));
  if (!type || value.empty()) return std::nullopt;
  const Keyword* keyword = keyword_of(*type);
  const Tag tag = keyword ? keyword->usual_type : tag::utf8_string;
  const Buffer element_of_value = element(tag, as_bytes(value));
  Fault fault;
  if (!string_value(Reader(element_of_value, fault).any())) return std::nullopt;
  return sequence({oid_element(*type), element_of_value});
}

}  // namespace

Name read_name(Reader& reader) {
  Name name;
  Reader rdns = reader.enter(tag::sequence);
  for (std::size_t rdn = 0; !rdns.at_end(); ++rdn) {
    Reader attributes = rdns.enter(tag::set);
    if (attributes.at_end()) reader.fault().set("an empty RDN");
    while (!attributes.at_end()) {
      Reader attribute = attributes.enter(tag::sequence);
      const Oid type = attribute.oid();
      const Element value = attribute.any();
      attribute.end();
      const auto text = value.content.size() <= maximum_string ? string_value(value) : std::nullopt;
      if (!text) reader.fault().set("a name that is no text");
      if (name.size() >= maximum_rdns) reader.fault().set("too many RDNs");
      name.push_back({type, text.value_or(""), value.tag, rdn});
    }
  }
  return reader.fault() ? Name{} : name;
}

std::string attribute_keyword(const Oid& type) {
  const Keyword* keyword = keyword_of(type);
  return keyword ? std::string(keyword->text) : type.dotted();
}

std::optional<Oid> attribute_type(std::string_view keyword) {
  for (const Keyword& known : keywords)
    if (equal_ignoring_case(known.text, keyword)) return known.type;
  if (equal_ignoring_case(keyword, "E") || equal_ignoring_case(keyword, "email"))
    return oid::email_address;
  return Oid::from_dotted(keyword);
}

std::string name_text(const Name& name) {
  std::string text;
  std::size_t rdn = 0;
  for (const NameAttribute& attribute : name) {
    if (!text.empty()) text += attribute.rdn == rdn ? "+" : ", ";
    rdn = attribute.rdn;
    text += attribute_keyword(attribute.type) + "=" + escaped_value(attribute.value);
  }
  return text;
}

std::optional<Buffer> name_from_text(std::string_view text) {
  text = trimmed(text);
  const bool slashes = text.starts_with('/');
  if (slashes) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::vector<Buffer> rdns;
  for (const std::string& rdn : pieces_of(text, slashes ? "/" : ",")) {
    std::vector<Buffer> attributes;
    for (const std::string& piece : pieces_of(rdn, "+")) {
      auto attribute = attribute_from_text(piece);
      if (!attribute) return std::nullopt;
      attributes.push_back(std::move(*attribute));
    }
    rdns.push_back(set_of(std::move(attributes)));
  }
  return sequence_of(rdns);
}

bool same_name(const Name& a, const Name& b) {
  return std::ranges::equal(a, b, [](const NameAttribute& x, const NameAttribute& y) {
    return x.type == y.type && x.value == y.value && x.rdn == y.rdn;
  });
}

}  // namespace scep_ra::asn1
