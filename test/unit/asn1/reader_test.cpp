#include "asn1/reader.h"

#include "base/hex.h"
#include "catch.h"

using namespace scep_ra;
using namespace scep_ra::asn1;

namespace {

// Reads all of some octets with `read`; what it gave, or the fault.
template <class Read>
std::string outcome(std::string_view hex, Read read) {
  const Buffer octets = hex_decode(hex).value();
  Fault fault;
  Reader reader(octets, fault);
  const std::string text = read(reader);
  reader.end();
  return fault ? std::string("fault: ") + fault.what() : text;
}
std::string any(std::string_view hex) {
  return outcome(hex, [](Reader& reader) { return hex_lower(reader.any().content); });
}
std::string integer(std::string_view hex) {
  return outcome(hex, [](Reader& reader) { return hex_lower(reader.integer()); });
}
std::string small(std::string_view hex) {
  return outcome(hex, [](Reader& reader) { return std::to_string(reader.small_unsigned()); });
}
std::string boolean(std::string_view hex) {
  return outcome(hex, [](Reader& reader) { return std::string(reader.boolean() ? "yes" : "no"); });
}
std::string bits(std::string_view hex) {
  return outcome(hex, [](Reader& reader) { return hex_lower(reader.bits()); });
}
std::string time_of(Tag tag, std::string_view text) {
  const std::uint8_t header[] = {tag, static_cast<std::uint8_t>(text.size())};
  return outcome(hex_lower(header) + hex_lower(as_bytes(text)),
                 [](Reader& reader) { return rfc3339(reader.time()); });
}
std::string text_of(Tag tag, std::string_view hex) {
  const Buffer content = hex_decode(hex).value();
  return string_value({tag, content, {}}).value_or("refused");
}
const std::string no_time = "fault: a time that is not as in RFC 5280";

}  // namespace

TEST_CASE("lengths are definite and minimal", "[asn1][case:P3]") {
  CHECK(any("0400") == "");
  CHECK(any("04020102") == "0102");
  CHECK(any("048180" + std::string(256, '0')) == std::string(256, '0'));
  CHECK(any("04820100" + std::string(512, '0')) == std::string(512, '0'));
  CHECK(any("04810101") == "fault: a length that is not minimal");
  CHECK(any("04820080" + std::string(256, '0')) == "fault: a length that is not minimal");
  CHECK(any("30800000") == "fault: a length that is not DER");
  CHECK(any("0485000000000100") == "fault: a length that is not DER");
  CHECK(any("04ff") == "fault: a length that is not DER");
  CHECK(any("0482ff") == "fault: a length that is not DER");
  CHECK(any("0402ff") == "fault: a length beyond its surroundings");
  CHECK(any("0484ffffffff") == "fault: a length beyond its surroundings");
  CHECK(any("1f0100") == "fault: a tag number above 30");
  CHECK(any("") == "fault: truncated");
  CHECK(any("04") == "fault: truncated");
}

TEST_CASE("nothing may follow where a structure ends", "[asn1]") {
  CHECK(any("040100ff") == "fault: something follows where nothing should");
  CHECK(any("040100") == "00");
}

TEST_CASE("after a fault nothing is read and loops end", "[asn1]") {
  const Buffer octets = hex_decode("300602010102010204010a").value();
  Fault fault;
  Reader reader(octets, fault);
  Reader list = reader.enter(tag::sequence);
  CHECK(list.small_unsigned() == 1);
  CHECK(list.octets().empty());
  CHECK(std::string(fault.what()) == "another type than expected");
  CHECK(list.at_end());
  CHECK(reader.at_end());
  CHECK(list.small_unsigned() == 0);
  CHECK_FALSE(list.optional(tag::integer));
  CHECK_FALSE(list.next_is(tag::integer));
  CHECK(list.any().whole.empty());
  CHECK(list.oid().empty());
  reader.end();
  CHECK(std::string(fault.what()) == "another type than expected");
}

TEST_CASE("an optional element is taken only when it is there", "[asn1]") {
  const Buffer octets = hex_decode("a003020107040155").value();
  Fault fault;
  Reader reader(octets, fault);
  CHECK_FALSE(reader.optional(tag::octet_string));
  REQUIRE(reader.optional(tag::context_constructed(0)));
  CHECK(hex_lower(reader.octets()) == "55");
  reader.end();
  CHECK_FALSE(fault);
}

TEST_CASE("integers are minimal, of any size and sign", "[asn1][case:P8]") {
  CHECK(integer("020100") == "00");
  CHECK(integer("0201ff") == "ff");
  CHECK(integer("02020080") == "0080");
  CHECK(integer("0202ff7f") == "ff7f");
  CHECK(integer("0200") == "fault: an INTEGER that is not minimal");
  CHECK(integer("02020001") == "fault: an INTEGER that is not minimal");
  CHECK(integer("0202ff80") == "fault: an INTEGER that is not minimal");
  CHECK(integer("0a0100") == "fault: another type than expected");
}

TEST_CASE("a small number is neither negative nor beyond 32 bits", "[asn1]") {
  CHECK(small("020100") == "0");
  CHECK(small("02017f") == "127");
  CHECK(small("02020080") == "128");
  CHECK(small("020500ffffffff") == "4294967295");
  CHECK(small("02047fffffff") == "2147483647");
  CHECK(small("0201ff") == "fault: a negative INTEGER");
  CHECK(small("0204ffffffff") == "fault: an INTEGER that is not minimal");
  CHECK(small("02050100000000") == "fault: an INTEGER beyond 32 bits");
  CHECK(small("0206008000000000") == "fault: an INTEGER beyond 32 bits");
}

TEST_CASE("truth values and bit strings are those of DER", "[asn1]") {
  CHECK(boolean("0101ff") == "yes");
  CHECK(boolean("010100") == "no");
  CHECK(boolean("010101") == "fault: a BOOLEAN that is not DER");
  CHECK(boolean("0100") == "fault: a BOOLEAN that is not DER");
  CHECK(bits("030200aa") == "aa");
  CHECK(bits("030100") == "");
  CHECK(bits("030201aa") == "fault: a BIT STRING that is not whole octets");
  CHECK(bits("0300") == "fault: a BIT STRING that is not whole octets");
}

TEST_CASE("times are read as RFC 5280 writes them", "[asn1]") {
  CHECK(time_of(tag::utc_time, "260131093000Z") == "2026-01-31T09:30:00Z");
  CHECK(time_of(tag::utc_time, "491231235959Z") == "2049-12-31T23:59:59Z");
  CHECK(time_of(tag::utc_time, "500101000000Z") == "1950-01-01T00:00:00Z");
  CHECK(time_of(tag::generalized_time, "20500101000000Z") == "2050-01-01T00:00:00Z");
  CHECK(time_of(tag::generalized_time, "99991231235959Z") == "9999-12-31T23:59:59Z");
  CHECK(time_of(tag::generalized_time, "20260131093000Z") == "2026-01-31T09:30:00Z");
  CHECK(time_of(tag::utc_time, "000229000000Z") == "2000-02-29T00:00:00Z");
}

TEST_CASE("a time that does not exist or has another form is a fault", "[asn1]") {
  for (const char* text : {"260131093000", "2601310930Z", "260131093000+0100", "260131093000.5Z",
                           "260131093000ZZ", "261331093000Z", "260230000000Z", "260132000000Z",
                           "260100000000Z", "260131240000Z", "260131006000Z", "260131000060Z",
                           "26013109300aZ", "", "Z", " 60131093000Z", "-60131093000Z"})
    CHECK(time_of(tag::utc_time, text) == no_time);
  CHECK(time_of(tag::generalized_time, "260131093000Z") == no_time);
  CHECK(time_of(tag::utc_time, "20260131093000Z") == no_time);
  CHECK(time_of(tag::generalized_time, "20230229000000Z") == no_time);
  CHECK(time_of(tag::octet_string, "260131093000Z") == no_time);
}

TEST_CASE("each string type is read by its own rules", "[asn1][case:P7]") {
  CHECK(text_of(tag::utf8_string, "c3a4") == "\xc3\xa4");
  CHECK(text_of(tag::utf8_string, "") == "");
  CHECK(text_of(tag::utf8_string, "c0af") == "refused");
  CHECK(text_of(tag::printable_string, "6162") == "ab");
  CHECK(text_of(tag::printable_string, "614062") == "a@b");
  CHECK(text_of(tag::printable_string, "c3a4") == "refused");
  CHECK(text_of(tag::numeric_string, "3132") == "12");
  CHECK(text_of(tag::visible_string, "6162") == "ab");
  CHECK(text_of(tag::ia5_string, "6162") == "ab");
  CHECK(text_of(tag::ia5_string, "e4") == "refused");
  CHECK(text_of(tag::t61_string, "e4") == "\xc3\xa4");
  CHECK(text_of(tag::bmp_string, "004100e4") == "A\xc3\xa4");
  CHECK(text_of(tag::bmp_string, "004100") == "refused");
  CHECK(text_of(tag::universal_string, "0001f511") == "\xf0\x9f\x94\x91");
  CHECK(text_of(tag::universal_string, "00000041000020ac") == "A\xe2\x82\xac");
  CHECK(text_of(tag::universal_string, "0000d800") == "refused");
  CHECK(text_of(tag::universal_string, "00110000") == "refused");
  CHECK(text_of(tag::universal_string, "000041") == "refused");
  CHECK(text_of(tag::octet_string, "6162") == "refused");
  CHECK(text_of(tag::bit_string, "006162") == "refused");
}

TEST_CASE("a text with a NUL is no text", "[asn1][case:P7]") {
  CHECK(text_of(tag::utf8_string, "610062") == "refused");
  CHECK(text_of(tag::ia5_string, "61622e6578616d706c6500") == "refused");
  CHECK(text_of(tag::bmp_string, "0000") == "refused");
  CHECK(text_of(tag::t61_string, "00") == "refused");
}
