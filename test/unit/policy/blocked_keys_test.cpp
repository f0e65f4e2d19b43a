#include "policy/blocked_keys.h"

#include "base/hex.h"
#include "catch.h"
#include "crypto/make_library.h"

using namespace scep_ra;
using scep_ra::policy::BlockedKeys;
using scep_ra::test::library;

namespace {

crypto::PrivateKey new_key(const char* type) {
  return crypto::PrivateKey::generate(library(), type).value();
}

std::string fingerprint(const crypto::PrivateKey& key) {
  return hex_lower(library()->digest(crypto::Digest::sha256, key.public_key().info()));
}

std::string fault_in(std::string_view text) {
  BlockedKeys keys;
  const Status added = keys.add(text, "list");
  REQUIRE_FALSE(added);
  CHECK(added.error().code == Errc::config);
  return added.error().detail;
}

}  // namespace

TEST_CASE("a key is blocked by its own fingerprint, of whatever kind it is", "[policy][case:C11]") {
  for (const char* type : {"rsa:2048", "ec:P-256"}) {
    const auto blocked = new_key(type);
    const auto other = new_key(type);
    BlockedKeys keys;
    CHECK_FALSE(keys.contains(*library(), blocked.public_key()));
    REQUIRE(
        keys.add("# stolen\r\n\n" + fingerprint(blocked) + " \r\n" + std::string(64, '0'), "a"));
    REQUIRE(keys.add(std::string(20, 'F') + "\n", "b"));
    CHECK(keys.contains(*library(), blocked.public_key()));
    CHECK_FALSE(keys.contains(*library(), other.public_key()));
  }
}

TEST_CASE("a line that names no key is told with its number", "[policy][case:C11]") {
  CHECK(fault_in("# fine\n\nno key\n") ==
        "list:3: expected 64 or 20 hexadecimal digits, found no key");
  CHECK(fault_in(std::string(63, 'a')).starts_with("list:1: "));
  CHECK(fault_in(std::string(40, 'a')).starts_with("list:1: "));
  CHECK(fault_in("\x1b[31m").ends_with("found \\x1B[31m"));
  CHECK(fault_in(std::string(5000, 'a')).size() < 200);
}

TEST_CASE("lists of Debian name a key by its modulus", "[policy][case:C11]") {
  const auto blocked = new_key("rsa:2048");
  const std::string printed = "Modulus=" + hex_upper(crypto::modulus(blocked.public_key())) + "\n";
  const std::string digest = hex_lower(library()->digest(crypto::Digest::sha1, as_bytes(printed)));
  BlockedKeys keys;
  REQUIRE(keys.add(digest.substr(20), "blacklist.RSA-2048"));
  CHECK(keys.contains(*library(), blocked.public_key()));
  CHECK_FALSE(keys.contains(*library(), new_key("rsa:2048").public_key()));
  CHECK_FALSE(keys.contains(*library(), new_key("ec:P-256").public_key()));
}
