#include "base/secret.h"

#include <concepts>
#include <ostream>

#include "catch.h"

using namespace scep_ra;

namespace {
template <class T>
concept Printable = requires(std::ostream& stream, const T& value) { stream << value; };
}  // namespace

TEST_CASE("a secret cannot be printed or copied by accident", "[base]") {
  STATIC_REQUIRE(Printable<std::string>);
  STATIC_REQUIRE_FALSE(Printable<Secret>);
  STATIC_REQUIRE_FALSE(std::copy_constructible<Secret>);
  STATIC_REQUIRE(std::movable<Secret>);
}

TEST_CASE("secrets are equal when every octet is", "[base]") {
  CHECK((Secret("password") == Secret("password")));
  CHECK_FALSE((Secret("password") == Secret("passwore")));
  CHECK_FALSE((Secret("password") == Secret("qassword")));
  CHECK_FALSE((Secret("password") == Secret("password ")));
  CHECK((Secret() == Secret("")));
  CHECK_FALSE(equal_in_constant_time(as_bytes("a"), {}));
}

TEST_CASE("a moved secret leaves nothing behind", "[base]") {
  Secret first("password");
  Secret second(std::move(first));
  CHECK(as_text(second.reveal()) == "password");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the promise
  Secret third("longer than that one");
  third = std::move(second);
  CHECK(as_text(third.reveal()) == "password");
  CHECK(as_text(third.copy().reveal()) == "password");
}

TEST_CASE("wiped memory holds zeros", "[base]") {
  Buffer octets(64, 0xaa);
  wipe(octets);
  CHECK(octets == Buffer(64));
  wipe({});
  CHECK((Secret::zeros(3) == Secret(Buffer{0, 0, 0})));
}
