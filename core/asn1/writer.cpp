#include "asn1/writer.h"

#include <cstdio>

namespace scep_ra::asn1 {
namespace {

void append_header(Buffer& to, Tag tag, std::size_t size) {
  to.push_back(tag);
  if (size < 0x80) {
    to.push_back(static_cast<std::uint8_t>(size));
    return;
  }
  unsigned count = 1;
  while (size >> (8 * count) != 0) ++count;
  to.push_back(static_cast<std::uint8_t>(0x80 | count));
  while (count-- > 0) to.push_back(static_cast<std::uint8_t>(size >> (8 * count)));
}

template <class Range>
Buffer joined(Tag tag, const Range& parts) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  Buffer whole;
  whole.reserve(size + 6);
  append_header(whole, tag, size);
  for (const auto& part : parts) append(whole, part);
  return whole;
}

}  // namespace

Buffer element(Tag tag, Bytes content) {
  return joined(tag, Parts{content});
}
Buffer element(Tag tag, Parts parts) {
  return joined(tag, parts);
}
Buffer sequence(Parts parts) {
  return joined(tag::sequence, parts);
}
Buffer sequence_of(const std::vector<Buffer>& parts) {
  return joined(tag::sequence, parts);
}

Buffer set_of(std::vector<Buffer> parts) {
  std::ranges::sort(parts);  // X.690, 11.6: ascending, compared as octet strings
  return joined(tag::set, parts);
}

Buffer set_of(Parts parts) {
  std::vector<Buffer> owned;
  for (Bytes part : parts) owned.push_back(to_buffer(part));
  return set_of(std::move(owned));
}

Buffer oid_element(const Oid& oid) {
  return element(tag::object_identifier, oid.content());
}

Buffer integer(std::uint32_t value) {
  const std::uint8_t octets[] = {
      static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
      static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  return integer(Bytes(octets));
}

Buffer integer(Bytes magnitude) {
  while (!magnitude.empty() && magnitude.front() == 0) magnitude = magnitude.subspan(1);
  static constexpr std::uint8_t zero[] = {0};
  if (magnitude.empty() || (magnitude.front() & 0x80))
    return element(tag::integer, {zero, magnitude});
  return element(tag::integer, magnitude);
}

Buffer octets(Bytes content) {
  return element(tag::octet_string, content);
}

Buffer bits(Bytes content, unsigned unused) {
  const std::uint8_t first[] = {static_cast<std::uint8_t>(unused)};
  return element(tag::bit_string, {first, content});
}

Buffer boolean_true() {
  return {tag::boolean, 1, 0xff};
}
Buffer null() {
  return {tag::null, 0};
}
Buffer printable(std::string_view text) {
  return element(tag::printable_string, as_bytes(text));
}
Buffer utf8(std::string_view text) {
  return element(tag::utf8_string, as_bytes(text));
}
Buffer ia5(std::string_view text) {
  return element(tag::ia5_string, as_bytes(text));
}

Buffer time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  char text[64];
  (void)std::snprintf(
      text, sizeof text, "%04d%02u%02u%02d%02d%02dZ", year, static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  const std::string_view whole(text);
  if (year >= 2050) return element(tag::generalized_time, as_bytes(whole));
  return element(tag::utc_time, as_bytes(whole.substr(2)));
}

Buffer algorithm(const Oid& oid) {
  return sequence({oid_element(oid), null()});
}
Buffer algorithm_without_parameters(const Oid& oid) {
  return sequence({oid_element(oid)});
}

}  // namespace scep_ra::asn1
