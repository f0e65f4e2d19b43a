#include <algorithm>

#include "asn1/reader.h"
#include "crypto/certificate.h"

namespace scep_ra::crypto {

namespace tag = asn1::tag;

namespace {
constexpr std::size_t maximum_extensions = 32;
}

std::vector<Extension> read_extensions(asn1::Reader& reader) {
  std::vector<Extension> extensions;
  asn1::Reader list = reader.enter(tag::sequence);
  while (!list.at_end()) {
    asn1::Reader one = list.enter(tag::sequence);
    Extension extension;
    extension.type = one.oid();
    if (one.next_is(tag::boolean)) extension.critical = one.boolean();
    extension.value = one.octets();
    one.end();
    if (std::ranges::find(extensions, extension.type, &Extension::type) != extensions.end())
      reader.fault().set("an extension twice");
    if (extensions.size() >= maximum_extensions) reader.fault().set("too many extensions");
    extensions.push_back(extension);
  }
  return reader.fault() ? std::vector<Extension>{} : extensions;
}

std::optional<std::uint16_t> read_key_usage(Bytes value) {
  asn1::Fault fault;
  asn1::Reader reader(value, fault);
  const Bytes content = reader.take(tag::bit_string).content;
  reader.end();
  if (fault || content.empty() || content.size() > 3 || content[0] > 7) return std::nullopt;
  // Unused bits are zero (X.690, 11.2.1): nobody else may read another usage here.
  const unsigned unused = (1U << content[0]) - 1;
  if (content.size() == 1 ? unused != 0 : (content.back() & unused) != 0) return std::nullopt;
  std::uint16_t bits = 0;
  for (std::size_t bit = 0; bit < 8 * (content.size() - 1); ++bit)
    if (content[1 + bit / 8] & (0x80U >> (bit % 8)))
      bits = static_cast<std::uint16_t>(bits | 1U << bit);
  return bits;
}

std::optional<std::vector<asn1::Oid>> read_extended_key_usage(Bytes value) {
  asn1::Fault fault;
  asn1::Reader reader(value, fault);
  asn1::Reader list = reader.enter(tag::sequence);
  std::vector<asn1::Oid> usages;
  while (!list.at_end() && usages.size() < 64) usages.push_back(list.oid());
  list.end();
  reader.end();
  if (fault || usages.empty()) return std::nullopt;
  return usages;
}

}  // namespace scep_ra::crypto
