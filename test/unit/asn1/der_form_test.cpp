#include "asn1/der_form.h"

#include "asn1/reader.h"
#include "base/hex.h"
#include "catch.h"

using namespace scep_ra;

namespace {
std::string der(std::string_view hex) {
  const auto form = asn1::to_der(hex_decode(hex).value());
  return form ? hex_lower(form->der) : "refused: " + form.error().detail;
}
Buffer nested(std::size_t depth, bool definite) {
  Buffer inner;
  for (std::size_t level = 0; level < depth; ++level) {
    if (definite) {
      Buffer outer{0x30};
      if (inner.size() < 0x80) {
        outer.push_back(static_cast<std::uint8_t>(inner.size()));
      } else {
        outer.insert(outer.end(), {0x83, static_cast<std::uint8_t>(inner.size() >> 16),
                                   static_cast<std::uint8_t>(inner.size() >> 8),
                                   static_cast<std::uint8_t>(inner.size())});
        if (inner.size() < 0x10000)
          outer = Buffer{0x30, 0x82, static_cast<std::uint8_t>(inner.size() >> 8),
                         static_cast<std::uint8_t>(inner.size())};
        if (inner.size() < 0x100)
          outer = Buffer{0x30, 0x81, static_cast<std::uint8_t>(inner.size())};
      }
      append(outer, inner);
      inner = outer;
    } else {
      inner.insert(inner.begin(), {0x30, 0x80});
      inner.insert(inner.end(), {0x00, 0x00});
    }
  }
  return inner;
}
}  // namespace

TEST_CASE("DER is left as it is", "[asn1]") {
  CHECK(der("3003020105") == "3003020105");
  CHECK(der("3000") == "3000");
  CHECK(der("a00304010a") == "a00304010a");
}

TEST_CASE("indefinite lengths become definite at every level", "[asn1][req:M3]") {
  CHECK(der("30800201050000") == "3003020105");
  CHECK(der("308030800201050000020106"
            "0000") == "30083003020105020106");
  CHECK(der("a080308000000000") == "a0023000");
}

TEST_CASE("an OCTET STRING in pieces becomes whole, also of nested pieces", "[asn1][req:M3]") {
  CHECK(der("2408040201020402"
            "0304") == "040401020304");
  CHECK(der("2480040201020402030400"
            "00") == "040401020304");
  CHECK(der("24802480040101000004010200"
            "00") == "04020102");
  CHECK(der("24800000") == "0400");
}

TEST_CASE("octets are DER when there is nothing to change in them", "[asn1][case:P3]") {
  const auto is_der = [](std::string_view hex) { return asn1::is_der(hex_decode(hex).value()); };
  CHECK(is_der("3003020101"));
  CHECK(is_der("a00530030c0141"));
  CHECK_FALSE(is_der("30800000"));          // an indefinite length
  CHECK_FALSE(is_der("3003a0800000"));      // the same inside
  CHECK_FALSE(is_der("3005a003240104"));    // a string in pieces
  CHECK_FALSE(is_der("30810102"));          // a length that is not minimal
  CHECK_FALSE(is_der("3003020101020101"));  // something behind it
  CHECK_FALSE(is_der("3004020201"));        // truncated
  CHECK_FALSE(is_der("3002300a"));          // a part that ends beyond its surroundings
  CHECK_FALSE(is_der("30020000"));          // end-of-contents
  CHECK_FALSE(is_der(""));
  CHECK(asn1::is_der(nested(asn1::ShapeLimits{}.depth, true)));
  CHECK_FALSE(asn1::is_der(nested(asn1::ShapeLimits{}.depth + 1, true)));
}
TEST_CASE("the order of a set stays as received, since a signature covers it", "[asn1][req:M4]") {
  CHECK(der("3106020102020101") == "3106020102020101");
}

TEST_CASE("what follows the element is not read, and counted", "[asn1][req:T26]") {
  const auto form = asn1::to_der(hex_decode("3003020105"
                                            "0d0a")
                                     .value());
  REQUIRE(form);
  CHECK(form->consumed == 5);
}

TEST_CASE("truncation, missing end-of-contents and lying lengths are refused",
          "[asn1][case:P3][case:P1]") {
  CHECK(der("") == "refused: truncated at octet 0");
  CHECK(der("30") == "refused: truncated at octet 0");
  CHECK(der("3004020105").starts_with("refused: a length beyond"));
  CHECK(der("3080020105").starts_with("refused: end-of-contents is missing"));
  CHECK(der("308002010500").starts_with("refused"));
  CHECK(der("3080020105"
            "0001")
            .starts_with("refused: end-of-contents with a length"));
  CHECK(der("3084ffffffff").starts_with("refused: a length beyond"));
  CHECK(der("30887fffffffffffffff").starts_with("refused: a length beyond"));
  CHECK(der("30848000000002010500").starts_with("refused: a length beyond"));
  CHECK(der("3081030201"
            "05")
            .starts_with("refused: a length that is not minimal"));
  CHECK(der("308200800201"
            "05")
            .starts_with("refused: a length that is not minimal"));
  CHECK(der("1f8101020105").starts_with("refused: a tag number above 30"));
  CHECK(der("04800000").starts_with("refused: a primitive of indefinite length"));
  CHECK(der("2406020101020102").starts_with("refused: an OCTET STRING made of something else"));
  CHECK(der("30020000").starts_with("refused: end-of-contents where nothing ends"));
  CHECK(der("3103000105").starts_with("refused: end-of-contents where nothing ends"));
  CHECK(der("33030101ff").starts_with("refused: a constructed string"));
  CHECK(der("2203020105").starts_with("refused: a constructed string"));
}

TEST_CASE("nesting ends at the limit, whatever the depth", "[asn1][case:P3]") {
  for (const bool definite : {true, false}) {
    CHECK(asn1::to_der(nested(32, definite)));
    CHECK_FALSE(asn1::to_der(nested(33, definite)));
    CHECK_FALSE(asn1::to_der(nested(20000, definite)));
  }
  Buffer strings;
  for (int level = 0; level < 100000; ++level) strings.insert(strings.end(), {0x24, 0x80});
  CHECK_FALSE(asn1::to_der(strings));
}

TEST_CASE("a hundred thousand fragments are refused by their number", "[asn1][case:P3]") {
  const auto pieces = [](int count) {
    Buffer octets{0x24, 0x80};
    for (int piece = 0; piece < count; ++piece) octets.insert(octets.end(), {0x04, 0x01, 0x55});
    octets.insert(octets.end(), {0x00, 0x00});
    return octets;
  };
  CHECK_FALSE(asn1::to_der(pieces(100000)));
  CHECK(asn1::to_der(pieces(1000)));
}

TEST_CASE("every prefix of a good message is refused and none is read beyond its end",
          "[asn1][case:P2]") {
  const Buffer good = hex_decode(
                          "308006092a864886f70d010702a080308002010131000609"
                          "2a864886f70d01070100000000"
                          "0000")
                          .value_or(Buffer{});
  REQUIRE_FALSE(good.empty());
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Buffer prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(asn1::to_der(prefix));
  }
}
