#include <arpa/inet.h>

#include <array>

#include "asn1/writer.h"
#include "base/text.h"
#include "crypto/certificate_writer.h"
#include "crypto/csr.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;
using Kind = GeneralName::Kind;

constexpr std::size_t maximum_names = 64;
constexpr std::size_t maximum_string = 4096;

std::optional<std::string> address_text(Bytes octets) {
  char text[INET6_ADDRSTRLEN];
  if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
  const int family = octets.size() == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, octets.data(), text, sizeof text) ? std::optional<std::string>(text)
                                                             : std::nullopt;
}

std::optional<std::string> ascii_text(Bytes content) {
  if (content.size() > maximum_string) return std::nullopt;
  return asn1::string_value({tag::ia5_string, content, content});
}

// otherName [0] { type-id, [0] EXPLICIT value }: only Microsoft's UPN has a meaning here.
std::optional<GeneralName> read_other_name(Bytes content) {
  asn1::Fault fault;
  asn1::Reader fields(content, fault);
  const asn1::Oid type = fields.oid();
  asn1::Reader value = fields.enter(tag::context_constructed(0));
  const asn1::Element text = value.any();
  value.end();
  fields.end();
  if (fault || text.content.size() > maximum_string) return std::nullopt;
  if (type != oid::microsoft_user_principal_name) return GeneralName{Kind::other, type.dotted()};
  auto upn = asn1::string_value(text);
  if (!upn) return std::nullopt;
  return GeneralName{Kind::upn, *std::move(upn)};
}

std::optional<GeneralName> read_general_name(const asn1::Element& name) {
  const auto of_text = [](Kind kind,
                          std::optional<std::string> text) -> std::optional<GeneralName> {
    if (!text) return std::nullopt;
    return GeneralName{kind, *std::move(text)};
  };
  switch (name.tag) {
    case tag::context_constructed(0):
      return read_other_name(name.content);
    case tag::context(1):
      return of_text(Kind::email, ascii_text(name.content));
    case tag::context(2):
      return of_text(Kind::dns, ascii_text(name.content));
    case tag::context(6):
      return of_text(Kind::uri, ascii_text(name.content));
    case tag::context(7):
      return of_text(Kind::ip, address_text(name.content));
    case tag::context_constructed(3):  // x400Address
    case tag::context_constructed(4):  // directoryName
    case tag::context_constructed(5):  // ediPartyName
    case tag::context(8):              // registeredID
      return GeneralName{Kind::other, ""};
    default:
      return std::nullopt;
  }
}

std::optional<Buffer> address_octets(const std::string& text) {
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET, text.c_str(), octets.data()) == 1)
    return Buffer(octets.begin(), octets.begin() + 4);
  if (inet_pton(AF_INET6, text.c_str(), octets.data()) == 1)
    return Buffer(octets.begin(), octets.end());
  return std::nullopt;
}

std::optional<Buffer> general_name_from_text(const std::string& text) {
  const auto colon = text.find(':');
  const std::string kind = colon == text.npos ? "" : lower(text.substr(0, colon));
  const std::string value = kind.empty() ? text : text.substr(colon + 1);
  if (value.empty()) return std::nullopt;
  const auto of_ascii = [&](unsigned number) -> std::optional<Buffer> {
    if (!ascii_text(as_bytes(value))) return std::nullopt;
    return asn1::element(tag::context(number), as_bytes(value));
  };
  if (kind == "email") return of_ascii(1);
  if (kind.empty() || kind == "dns") return of_ascii(2);
  if (kind == "uri") return of_ascii(6);
  if (kind == "ip") {
    const auto octets = address_octets(value);
    return octets ? std::optional(asn1::element(tag::context(7), *octets)) : std::nullopt;
  }
  if (kind == "upn")
    return asn1::element(tag::context_constructed(0),
                         {asn1::oid_element(oid::microsoft_user_principal_name),
                          asn1::element(tag::context_constructed(0), asn1::utf8(value))});
  return std::nullopt;
}

}  // namespace

std::string_view word(Kind kind) noexcept {
  switch (kind) {
    case Kind::dns:
      return "dns";
    case Kind::email:
      return "email";
    case Kind::uri:
      return "uri";
    case Kind::ip:
      return "ip";
    case Kind::upn:
      return "upn";
    case Kind::other:
      return "other";
  }
  return "other";
}

std::optional<std::vector<GeneralName>> read_general_names(Bytes extension_value) {
  asn1::Fault fault;
  asn1::Reader reader(extension_value, fault);
  asn1::Reader list = reader.enter(tag::sequence);
  reader.end();
  std::vector<GeneralName> names;
  while (!list.at_end()) {
    auto name = read_general_name(list.any());
    if (!name || names.size() >= maximum_names) return std::nullopt;
    names.push_back(*std::move(name));
  }
  if (fault || names.empty()) return std::nullopt;
  return names;
}

std::optional<Buffer> subject_alternative_name_extension(const std::vector<std::string>& names) {
  std::vector<Buffer> elements;
  for (const std::string& name : names) {
    auto element = general_name_from_text(name);
    if (!element) return std::nullopt;
    elements.push_back(*std::move(element));
  }
  return other_extension(oid::subject_alternative_name, false, asn1::sequence_of(elements));
}

}  // namespace scep_ra::crypto
