#include "base/clock.h"

#include "catch.h"
#include "scep-ra/error.h"

using namespace scep_ra;

TEST_CASE("times are written in UTC as RFC 3339 asks", "[base]") {
  CHECK(rfc3339(Time(Seconds(0))) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(Time(Seconds(1769851800))) == "2026-01-31T09:30:00Z");
  CHECK(rfc3339(Time(Seconds(951868799))) == "2000-02-29T23:59:59Z");
  CHECK(rfc3339(Time(Seconds(253402300799))) == "9999-12-31T23:59:59Z");
  CHECK(rfc3339(Time(Seconds(-1))) == "1969-12-31T23:59:59Z");
  const std::chrono::sys_time<std::chrono::microseconds> moment(std::chrono::microseconds(1000042));
  CHECK(rfc3339(moment) == "1970-01-01T00:00:01.000042Z");
  CHECK(
      rfc3339(-(moment.time_since_epoch()) + std::chrono::sys_time<std::chrono::microseconds>()) ==
      "1969-12-31T23:59:58.999958Z");
}

TEST_CASE("the word of a reason is its name with hyphens", "[base]") {
  CHECK(word(Reason::password_unknown) == "password-unknown");
  CHECK(word(Reason::internal_error) == "internal-error");
  CHECK(word(Reason::none).empty());
}
