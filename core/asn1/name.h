#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/oid.h"
#include "asn1/reader.h"

namespace scep_ra::asn1 {

// One attribute of a distinguished name; `value` in UTF-8, `value_tag` its type on the wire.
struct NameAttribute {
  Oid type;
  std::string value;
  Tag value_tag = 0;
  std::size_t rdn = 0;  // which RDN it stands in: a Cisco RDN has several (scep-requirements X4)
};

using Name = std::vector<NameAttribute>;

// Reads the Name that comes next. A fault: more than 32 RDNs, a string over 4 KiB, an unreadable
// string type or value (threats-and-tests section 2, P7).
Name read_name(Reader&);

// "CN", "O", "serialNumber", ... for an attribute type, else its dotted form; and back.
std::string attribute_keyword(const Oid&);
std::optional<Oid> attribute_type(std::string_view keyword);

// RFC 4514 order turned round as most tools print it: `C=CH, O=Ex, CN=dev`. The values' characters
// are as received: `escaped` before a terminal sees them.
std::string name_text(const Name&);

// DER of a Name from text such as `C=CH, O=Ex, CN=dev` or `/C=CH/O=Ex/CN=dev`; `\` escapes the next
// character, `+` joins attributes of one RDN. C and serialNumber become PrintableString, email and
// DC IA5String, everything else UTF8String. Empty when the text is no name.
std::optional<Buffer> name_from_text(std::string_view);

// Two Names value by value after conversion to UTF-8, in order, without folding case or trimming
// (threats-and-tests A8).
bool same_name(const Name&, const Name&);

}  // namespace scep_ra::asn1
