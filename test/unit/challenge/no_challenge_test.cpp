#include "challenge/no_challenge.h"

#include "catch.h"
#include "make_passwords.h"

using namespace scep_ra;
using namespace scep_ra::challenge;

TEST_CASE("open enrolment asks for no password and gives none", "[challenge][case:A3]") {
  NoChallenge validator;
  const crypto::Csr csr = request_with(GENERATE("", "0123456789ABCDEF"));

  const auto verified = validator.verify(csr, info_hash(csr));
  REQUIRE(verified);
  CHECK(verified->kind() == policy::Authorisation::Kind::open);
  CHECK(verified->password_mac().empty());

  const auto none = validator.generate({.user = "admin", .address = {}});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::denied);
  CHECK(none.error().reason == Reason::method_not_allowed);
}
