#include "base/base64.h"

#include "base/hex.h"
#include "catch.h"

using namespace scep_ra;

namespace {
// The octets as hex, or "refused".
std::string decoded(std::string_view text) {
  const auto octets = base64_decode_tolerant(text);
  return octets ? hex_lower(*octets) : "refused";
}
}  // namespace

TEST_CASE("base64 gives the published values of RFC 4648 and takes them back", "[base][req:T8]") {
  const std::pair<std::string_view, std::string_view> published[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : published) {
    CHECK(base64_encode(as_bytes(plain)) == text);
    CHECK(decoded(text) == hex_lower(as_bytes(plain)));
  }
}

TEST_CASE("every octet survives base64", "[base]") {
  Buffer all(256);
  for (std::size_t at = 0; at < all.size(); ++at) all[at] = static_cast<std::uint8_t>(at);
  CHECK(base64_decode_tolerant(base64_encode(all)) == all);
}

TEST_CASE("a plus that a form decoder made a blank is read as a plus", "[base][req:T9]") {
  CHECK(decoded("++++") == "fbefbe");
  CHECK(decoded("    ") == "fbefbe");
  CHECK(decoded("A+ A") == decoded("A++A"));
}

TEST_CASE("URL-safe letters are read as the standard ones", "[base][req:T9]") {
  CHECK(decoded("-_-_") == decoded("+/+/"));
  CHECK(decoded("-/+_") == "fbffbf");
}

TEST_CASE("line breaks and tabs anywhere are dropped", "[base][req:T9]") {
  CHECK(decoded("Zm9v\r\nYmFy\r\n") == decoded("Zm9vYmFy"));
  CHECK(decoded("\nZ\tm\r9\nv") == decoded("Zm9v"));
  CHECK(decoded("Zg=\n=") == "66");
  CHECK(decoded("Zg==\n") == "66");
}

TEST_CASE("missing padding is tolerated, wrong padding is not", "[base][req:T9]") {
  CHECK(decoded("Zg") == "66");
  CHECK(decoded("Zm8") == "666f");
  CHECK(decoded("Zg=") == "refused");
  CHECK(decoded("Zg===") == "refused");
  CHECK(decoded("Zm8==") == "refused");
  CHECK(decoded("Zm9v=") == "refused");
  CHECK(decoded("Zm9v==") == "refused");
  CHECK(decoded("=") == "refused");
  CHECK(decoded("==") == "refused");
  CHECK(decoded("Zg==Zg==") == "refused");
  CHECK(decoded("Z") == "refused");
  CHECK(decoded("Zm9vZ") == "refused");
}

TEST_CASE("anything that is no base64 is refused", "[base][req:T9][case:P9]") {
  CHECK(decoded("Zm9v!") == "refused");
  CHECK(decoded("Zm9v%0A") == "refused");
  CHECK(decoded(std::string_view("Zm9v\0", 5)) == "refused");
  CHECK(decoded("Zm9v\x0b") == "refused");
  CHECK(decoded("\xc3\xa4") == "refused");
  // Two texts for one value would let a message change on its way without a trace.
  CHECK(decoded("Zh==") == "refused");
  CHECK(decoded("Zm9=") == "refused");
}

TEST_CASE("PEM goes out in lines of 64 letters and comes back", "[base]") {
  const Buffer octets(100, 0x5a);
  const std::string pem = pem_encode("CERTIFICATE", octets);
  CHECK(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
  CHECK(pem.ends_with("-----END CERTIFICATE-----\n"));
  CHECK(pem.find('\n', 28) == 28 + 64);
  CHECK(pem_decode("CERTIFICATE", pem) == std::vector<Buffer>{octets});
}

TEST_CASE("PEM blocks of that label are read in order, others are passed over", "[base]") {
  const Buffer first(3, 1);
  const Buffer second(4, 2);
  const std::string text = "subject=CN = a\r\n" + pem_encode("CERTIFICATE", first) +
                           pem_encode("PRIVATE KEY", Buffer(9, 9)) + "\n" +
                           pem_encode("CERTIFICATE", second);
  CHECK(pem_decode("CERTIFICATE", text) == std::vector<Buffer>{first, second});
  CHECK(pem_decode("X509 CRL", text).empty());
}

TEST_CASE("PEM with Windows line ends and blanks behind a line is read", "[base]") {
  CHECK(pem_decode("A", "-----BEGIN A-----\r\nZm9v  \r\nYmFy\r\n-----END A-----\r\n") ==
        std::vector<Buffer>{to_buffer(as_bytes("foobar"))});
}

TEST_CASE("a broken PEM block makes the whole text unreadable", "[base]") {
  const std::string good = pem_encode("A", Buffer(3, 1));
  CHECK(pem_decode("A", good + "-----BEGIN A-----\nZm9v\n").empty());
  CHECK(pem_decode("A", good + "-----BEGIN A-----\nZm9*\n-----END A-----\n").empty());
  CHECK(pem_decode("A", good + "-----BEGIN A-----\n-----END A-----\n").empty());
  CHECK(pem_decode("A", "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n-----END A-----\n")
            .empty());
}
