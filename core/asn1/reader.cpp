#include "asn1/reader.h"

#include "base/secret.h"
#include "base/text.h"

namespace scep_ra::asn1 {

bool Reader::header(Tag& tag, std::size_t& header_size, std::size_t& content_size) {
  if (rest_.size() < 2) {
    fault_->set("truncated");
    return false;
  }
  tag = rest_[0];
  std::size_t count = 0;
  std::size_t length = rest_[1];
  if (length >= 0x80) {
    count = length & 0x7f;
    if (count == 0 || count > 4 || rest_.size() < 2 + count) {
      fault_->set("a length that is not DER");
      return false;
    }
    length = 0;
    for (std::size_t at = 0; at < count; ++at) length = length << 8 | rest_[2 + at];
    if (length < 0x80 || length >> (8 * (count - 1)) == 0)
      fault_->set("a length that is not minimal");
  }
  header_size = 2 + count;
  content_size = length;
  if ((tag & 0x1f) == 0x1f) fault_->set("a tag number above 30");
  if (length > rest_.size() - header_size) fault_->set("a length beyond its surroundings");
  return !*fault_;
}

bool Reader::next_is(Tag tag) const {
  return !at_end() && rest_[0] == tag;
}

void Reader::end() {
  if (!rest_.empty()) fault_->set("something follows where nothing should");
}

Element Reader::any() {
  Element element;
  std::size_t header_size = 0;
  std::size_t content_size = 0;
  if (*fault_ || !header(element.tag, header_size, content_size)) return {};
  element.whole = rest_.first(header_size + content_size);
  element.content = element.whole.subspan(header_size);
  rest_ = rest_.subspan(element.whole.size());
  return element;
}

Element Reader::take(Tag tag) {
  if (!next_is(tag)) {
    fault_->set("another type than expected");
    return {};
  }
  return any();
}

std::optional<Element> Reader::optional(Tag tag) {
  if (!next_is(tag)) return std::nullopt;
  return any();
}

bool Reader::optional_null() {
  const auto element = optional(tag::null);
  if (element && !element->content.empty()) fault_->set("a NULL that is not empty");
  return element.has_value();
}

Reader Reader::enter(Tag tag) {
  return {take(tag).content, *fault_};
}

Oid Reader::oid() {
  const auto oid = Oid::from_content(take(tag::object_identifier).content);
  if (!oid) fault_->set("an OBJECT IDENTIFIER that is none");
  return oid.value_or(Oid());
}

Bytes Reader::integer() {
  const Bytes content = take(tag::integer).content;
  const bool redundant = content.size() > 1 && ((content[0] == 0x00 && !(content[1] & 0x80)) ||
                                                (content[0] == 0xff && (content[1] & 0x80)));
  if (content.empty() || redundant) fault_->set("an INTEGER that is not minimal");
  return content;
}

std::uint32_t Reader::small_unsigned() {
  Bytes content = integer();
  if (!content.empty() && content[0] == 0)
    content = content.subspan(1);
  else if (!content.empty() && (content[0] & 0x80))
    fault_->set("a negative INTEGER");
  if (content.size() > 4) fault_->set("an INTEGER beyond 32 bits");
  std::uint32_t value = 0;
  for (std::uint8_t octet : content) value = value << 8 | octet;
  return *fault_ ? 0 : value;
}

Bytes Reader::octets() {
  return take(tag::octet_string).content;
}

Bytes Reader::bits() {
  const Bytes content = take(tag::bit_string).content;
  if (content.empty() || content[0] != 0) {
    fault_->set("a BIT STRING that is not whole octets");
    return {};
  }
  return content.subspan(1);
}

bool Reader::boolean() {
  const Bytes content = take(tag::boolean).content;
  if (content.size() != 1 || (content[0] != 0x00 && content[0] != 0xff)) {
    fault_->set("a BOOLEAN that is not DER");
    return false;
  }
  return content[0] != 0;
}

namespace {

std::optional<int> two_digits(std::string_view& text) {
  if (text.size() < 2) return std::nullopt;
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (!digit(0) || !digit(1)) return std::nullopt;
  const int value = (text[0] - '0') * 10 + (text[1] - '0');
  text.remove_prefix(2);
  return value;
}

// RFC 5280, 4.1.2.5: with seconds, in UTC ("Z"), no fraction.
std::optional<Time> read_time(const Element& element) {
  std::string_view text = as_text(element.content);
  int year = 0;
  if (element.tag == tag::generalized_time) {
    const auto century = two_digits(text);
    const auto rest = two_digits(text);
    if (!century || !rest) return std::nullopt;
    year = *century * 100 + *rest;
  } else if (element.tag == tag::utc_time) {
    const auto short_year = two_digits(text);
    if (!short_year) return std::nullopt;
    year = *short_year + (*short_year < 50 ? 2000 : 1900);
  } else {
    return std::nullopt;
  }
  std::optional<int> field[5];
  for (auto& value : field)
    if (value = two_digits(text); !value) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(*field[0])),
                                         std::chrono::day(static_cast<unsigned>(*field[1]))};
  if (!date.ok() || *field[2] > 23 || *field[3] > 59 || *field[4] > 59 || text != "Z")
    return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*field[2]) +
         std::chrono::minutes(*field[3]) + std::chrono::seconds(*field[4]);
}

// A password comes through here: what is no longer needed is wiped and nothing is outgrown.
std::optional<std::string> from_utf16(Buffer utf16) {
  auto text = utf8_from_utf16be(utf16);
  wipe(utf16);
  return text;
}

std::optional<std::string> latin1(Bytes octets) {
  Buffer utf16;
  utf16.reserve(2 * octets.size());
  for (std::uint8_t octet : octets) {
    utf16.push_back(0);
    utf16.push_back(octet);
  }
  return from_utf16(std::move(utf16));
}

std::optional<std::string> universal(Bytes octets) {
  if (octets.size() % 4 != 0) return std::nullopt;
  Buffer utf16;
  utf16.reserve(octets.size());
  for (std::size_t at = 0; at < octets.size(); at += 4) {
    const std::uint32_t value = static_cast<std::uint32_t>(octets[at]) << 24 |
                                static_cast<std::uint32_t>(octets[at + 1]) << 16 |
                                static_cast<std::uint32_t>(octets[at + 2]) << 8 | octets[at + 3];
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return std::nullopt;
    const auto put = [&](std::uint32_t unit) {
      utf16.push_back(static_cast<std::uint8_t>(unit >> 8));
      utf16.push_back(static_cast<std::uint8_t>(unit));
    };
    if (value >= 0x10000) {
      put(0xd800 + ((value - 0x10000) >> 10));
      put(0xdc00 + ((value - 0x10000) & 0x3ff));
    } else {
      put(value);
    }
  }
  return from_utf16(std::move(utf16));
}

bool is_ascii(Bytes octets) {
  return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet < 0x80; });
}

std::optional<std::string> decoded_text(const Element& element) {
  switch (element.tag) {
    case tag::utf8_string:
      if (!is_valid_utf8(as_text(element.content))) return std::nullopt;
      return to_string(element.content);
    case tag::printable_string:
    case tag::numeric_string:
    case tag::ia5_string:
    case tag::visible_string:
      // Devices put characters outside PrintableString into it (an `@`, a `*`): ASCII is the bound.
      if (!is_ascii(element.content)) return std::nullopt;
      return to_string(element.content);
    case tag::t61_string:
      return latin1(element.content);
    case tag::bmp_string:
      return utf8_from_utf16be(element.content);
    case tag::universal_string:
      return universal(element.content);
    default:
      return std::nullopt;
  }
}

}  // namespace

Time Reader::time() {
  const auto time = read_time(any());
  if (!time) fault_->set("a time that is not as in RFC 5280");
  return time.value_or(Time());
}

std::optional<std::string> string_value(const Element& element) {
  auto text = decoded_text(element);
  if (text && text->find('\0') != text->npos) return std::nullopt;
  return text;
}

}  // namespace scep_ra::asn1
