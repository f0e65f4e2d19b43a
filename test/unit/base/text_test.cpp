#include "base/text.h"

#include "base/hex.h"
#include "base/percent.h"
#include "catch.h"

using namespace scep_ra;
using namespace std::string_literals;

namespace {
std::string utf8_of(std::string_view utf16be_hex) {
  return utf8_from_utf16be(hex_decode(utf16be_hex).value()).value_or("refused");
}
}  // namespace

TEST_CASE("percent escapes are decoded exactly once and a plus stays", "[base][req:T9]") {
  CHECK(percent_decode("a%2Bb%2f%3D") == "a+b/=");
  CHECK(percent_decode("%252B") == "%2B");
  CHECK(percent_decode("a+b c") == "a+b c");
  CHECK(percent_decode("%0A%0d") == "\n\r");
  CHECK(percent_decode("") == "");
}

TEST_CASE("half an escape and an escaped NUL are refused", "[base][req:T9][case:P9]") {
  CHECK_FALSE(percent_decode("%"));
  CHECK_FALSE(percent_decode("a%4"));
  CHECK_FALSE(percent_decode("%4g"));
  CHECK_FALSE(percent_decode("%%41"));
  CHECK_FALSE(percent_decode("% 41"));
  CHECK_FALSE(percent_decode("PKIOperation%00"));
  CHECK(percent_decode("%41") == "A");
}

TEST_CASE("percent encoding leaves unreserved letters and undoes itself", "[base]") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("+/= &\xff") == "%2B%2F%3D%20%26%FF");
  CHECK(percent_decode(percent_encode("a+b\xc3\xa4%")) == "a+b\xc3\xa4%");
}

TEST_CASE("hex is read in either case and only in pairs", "[base]") {
  CHECK(hex_upper(Buffer{0x00, 0xab, 0xff}) == "00ABFF");
  CHECK(hex_lower(Buffer{0x00, 0xab, 0xff}) == "00abff");
  CHECK(hex_decode("00aBFf") == Buffer{0x00, 0xab, 0xff});
  CHECK(hex_decode("") == Buffer{});
  CHECK_FALSE(hex_decode("0"));
  CHECK_FALSE(hex_decode("0g"));
  CHECK_FALSE(hex_decode("0x"));
  CHECK_FALSE(hex_decode(" 0"));
}

TEST_CASE("only the shortest form of a character is UTF-8", "[base][case:P7]") {
  CHECK(is_valid_utf8("plain"));
  CHECK(is_valid_utf8("\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91"));
  CHECK(is_valid_utf8("\xf4\x8f\xbf\xbf"));
  CHECK_FALSE(is_valid_utf8("\xc0\xaf"));          // overlong
  CHECK_FALSE(is_valid_utf8("\xe0\x80\xaf"));      // overlong
  CHECK_FALSE(is_valid_utf8("\xf0\x80\x80\xaf"));  // overlong
  CHECK_FALSE(is_valid_utf8("\xed\xa0\x80"));      // a surrogate
  CHECK_FALSE(is_valid_utf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  CHECK_FALSE(is_valid_utf8("\x80"));
  CHECK_FALSE(is_valid_utf8("\xc3"));
  CHECK_FALSE(is_valid_utf8("\xe2\x82"));
  CHECK_FALSE(is_valid_utf8("\xc3("));
  CHECK_FALSE(is_valid_utf8("\xff"));
}

TEST_CASE("BMPString octets become UTF-8, half a pair does not", "[base][case:P7]") {
  CHECK(utf8_of("004100e420ac") == "A\xc3\xa4\xe2\x82\xac");
  CHECK(utf8_of("d83ddd11") == "\xf0\x9f\x94\x91");
  CHECK(utf8_of("") == "");
  CHECK(utf8_of("0041 00"s.substr(0, 4) + "00") == "refused");
  CHECK(utf8_of("d83d") == "refused");
  CHECK(utf8_of("d83d0041") == "refused");
  CHECK(utf8_of("dd110041") == "refused");
}

TEST_CASE("pages are written as UTF-16 with the low octet first", "[base]") {
  CHECK(hex_lower(as_bytes(utf16le_with_bom("A\xc3\xa4"))) == "fffe4100e400");
  CHECK(hex_lower(as_bytes(utf16le_with_bom("\xf0\x9f\x94\x91"))) == "fffe3dd811dd");
  CHECK(hex_lower(as_bytes(utf16le_with_bom("\xff"))) == "fffefdff");
  CHECK(hex_lower(as_bytes(utf16le_with_bom(""))) == "fffe");
}

TEST_CASE("what a log shows is one printable line", "[base][req:S6][case:P7]") {
  CHECK(escaped("plain \xc3\xa4 <\"&>") == "plain \xc3\xa4 <\"&>");
  CHECK(escaped("a\nb\r\t\x1b[31m") == "a\\x0Ab\\x0D\\x09\\x1B[31m");
  CHECK(escaped("a\0b"s) == "a\\x00b");
  CHECK(escaped("\x7f") == "\\x7F");
  CHECK(escaped("a\\x0A") == "a\\\\x0A");
  CHECK(escaped("\xff\xc3") == "\\xFF\\xC3");
  CHECK(escaped("\xc2\x85") == "\\xC2\\x85");           // next line
  CHECK(escaped("\xe2\x80\xae") == "\\xE2\\x80\\xAE");  // right-to-left override
  CHECK(escaped("\xe2\x81\xa6") == "\\xE2\\x81\\xA6");  // left-to-right isolate
  CHECK(escaped("\xd8\x9c") == "\\xD8\\x9C");           // Arabic letter mark
  CHECK(escaped("\xe2\x80\xa8") == "\\xE2\\x80\\xA8");  // line separator
}

TEST_CASE("letter case is folded for ASCII only", "[base]") {
  CHECK(equal_ignoring_case("GetCACaps", "getcacaps"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("\xc3\x84", "\xc3\xa4"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
  CHECK(lower("A-Z[\xc3\x84") == "a-z[\xc3\x84");
}

TEST_CASE("a text is split at every separator, empty pieces too", "[base]") {
  CHECK(split("a&&b", '&') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", '&') == std::vector<std::string_view>{""});
  CHECK(split("a&", '&') == std::vector<std::string_view>{"a", ""});
}

TEST_CASE("markup in a text stays text in a page", "[base]") {
  CHECK(html_escaped("<b a='\"'>&amp;") == "&lt;b a=&#39;&quot;&#39;&gt;&amp;amp;");
  CHECK(html_escaped("plain \xc3\xa4") == "plain \xc3\xa4");
}
