#include "asn1/oid.h"

namespace scep_ra::asn1 {
namespace {

// A number of any size: the arcs of UUIDs (ITU-T X.667) have 128 bits.
class Decimal {
 public:
  void append_group(unsigned seven_bits) {  // value * 128 + seven_bits
    for (std::uint8_t& digit : digits_) {
      seven_bits += digit * 128U;
      digit = static_cast<std::uint8_t>(seven_bits % 10);
      seven_bits /= 10;
    }
    for (; seven_bits != 0; seven_bits /= 10)
      digits_.push_back(static_cast<std::uint8_t>(seven_bits % 10));
  }
  [[nodiscard]] bool is_below(unsigned two_digits) const {
    unsigned value = 0;
    for (std::size_t at = digits_.size(); at-- > 0;) value = value * 10 + digits_[at];
    return digits_.size() <= 2 && value < two_digits;
  }
  void subtract(unsigned at_most_the_value) {
    for (std::uint8_t& digit : digits_) {
      const unsigned take = at_most_the_value % 10;
      at_most_the_value /= 10;
      if (digit < take) ++at_most_the_value;
      digit = static_cast<std::uint8_t>((digit + 10U - take) % 10);
    }
    while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (std::size_t at = digits_.size(); at-- > 0;)
      text.push_back(static_cast<char>('0' + digits_[at]));
    return text.empty() ? "0" : text;
  }

 private:
  std::vector<std::uint8_t> digits_;  // the last one first, no zero in front
};

}  // namespace

std::optional<Oid> Oid::from_content(Bytes content) {
  if (content.empty() || content.size() > maximum || (content.back() & 0x80)) return std::nullopt;
  bool arc_begins = true;
  for (std::uint8_t octet : content) {
    if (arc_begins && octet == 0x80) return std::nullopt;  // an arc is minimal (X.690, 8.19.2)
    arc_begins = !(octet & 0x80);
  }
  Oid oid;
  std::ranges::copy(content, oid.octets_.begin());
  oid.size_ = static_cast<std::uint8_t>(content.size());
  return oid;
}

std::string Oid::dotted() const {
  std::string text;
  Decimal arc;
  for (std::uint8_t octet : content()) {
    arc.append_group(octet & 0x7fU);
    if (octet & 0x80) continue;
    if (text.empty()) {
      // The first two arcs share one number: 40 times the first, at most 2, plus the second.
      const unsigned first = arc.is_below(40) ? 0 : arc.is_below(80) ? 1 : 2;
      arc.subtract(first * 40);
      text = std::to_string(first);
    }
    text += "." + arc.text();
    arc = Decimal();
  }
  return text;
}

}  // namespace scep_ra::asn1
