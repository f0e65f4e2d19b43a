#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "asn1/oid.h"
#include "asn1/tags.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace scep_ra::asn1 {

// The first thing that was wrong while a structure was read. One Fault serves a reader and all
// readers entered from it, so that a parser reads straight on and asks once, at its end.
class Fault {
 public:
  explicit operator bool() const { return what_ != nullptr; }
  [[nodiscard]] const char* what() const { return what_ ? what_ : "no fault"; }
  void set(const char* what) {
    if (!what_) what_ = what;
  }

 private:
  const char* what_ = nullptr;
};

struct Element {
  Tag tag = 0;
  Bytes content;
  Bytes whole;  // identifier, length and content
};

// Reads DER of definite lengths (what `to_der` made, or what must be DER: certificates and CSRs)
// left to right. Borrows the octets and the Fault. After a fault every read gives an empty value
// and `at_end` is true, so that loops end.
class Reader {
 public:
  Reader(Bytes der, Fault& fault) : rest_(der), fault_(&fault) {}

  [[nodiscard]] bool at_end() const { return rest_.empty() || *fault_; }
  [[nodiscard]] bool next_is(Tag) const;
  void end();  // fault unless everything was read

  Element any();
  Element take(Tag);                     // fault unless the next element has this tag
  std::optional<Element> optional(Tag);  // nothing read unless the next element has this tag
  bool optional_null();                  // fault for a NULL with content
  Reader enter(Tag);                     // a reader over the content of the next element

  Oid oid();
  Bytes integer();                 // content octets of a minimal INTEGER, sign octet included
  std::uint32_t small_unsigned();  // INTEGER from 0 to 2^32-1
  Bytes octets();                  // OCTET STRING
  Bytes bits();                    // BIT STRING with no unused bits
  bool boolean();                  // DER: 00 or FF
  Time time();                     // UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5
  [[nodiscard]] Bytes remaining() const { return rest_; }

  [[nodiscard]] Fault& fault() const { return *fault_; }

 private:
  bool header(Tag&, std::size_t& header_size, std::size_t& content_size);
  Bytes rest_;
  Fault* fault_;
};

// Text of a DirectoryString or IA5String element as UTF-8; empty for other tags, for octets that do
// not fit the type, and for text with a NUL. T61String is read as ISO 8859-1.
std::optional<std::string> string_value(const Element&);

}  // namespace scep_ra::asn1
