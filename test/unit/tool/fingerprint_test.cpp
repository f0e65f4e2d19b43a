#include "tool/fingerprint.h"

#include "catch.h"

using namespace scep_ra;
using tool::read_fingerprint;

TEST_CASE("a fingerprint is taken in the forms tools print it", "[tool]") {
  const auto plain = read_fingerprint("89abcdef0123456789ABCDEF0123456789abcdef");
  REQUIRE(plain);
  CHECK(plain->digest == crypto::Digest::sha1);
  const auto colons =
      read_fingerprint("89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF");
  REQUIRE(colons);
  CHECK(colons->octets == plain->octets);
  const auto ndes = read_fingerprint("89ABCDEF 01234567 89ABCDEF 01234567");
  REQUIRE(ndes);
  CHECK(ndes->digest == crypto::Digest::md5);
}

TEST_CASE("the length of a fingerprint tells its digest", "[tool]") {
  CHECK(read_fingerprint(std::string(64, 'a'))->digest == crypto::Digest::sha256);
  CHECK(read_fingerprint(std::string(40, 'a'))->digest == crypto::Digest::sha1);
  CHECK(read_fingerprint(std::string(32, 'a'))->digest == crypto::Digest::md5);
}

TEST_CASE("what is no fingerprint is not taken for one", "[tool]") {
  CHECK_FALSE(read_fingerprint(""));
  CHECK_FALSE(read_fingerprint(std::string(62, 'a')));
  CHECK_FALSE(read_fingerprint(std::string(63, 'a')));
  CHECK_FALSE(read_fingerprint("SHA256:" + std::string(64, 'a')));
  CHECK_FALSE(read_fingerprint(std::string(63, 'a') + "g"));
}
