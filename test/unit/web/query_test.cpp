#include "web/query.h"

#include "catch.h"
#include "web/http_status.h"

namespace scep_ra::web {
namespace {

TEST_CASE("operation and message are found by name in any order and case",
          "[web][req:T6][req:T7]") {
  const auto query = parse_query("x=1&message=MIIB%2B&&Operation=PKI%4Fperation&y&message2=z");
  REQUIRE(query);
  CHECK(query->operation == "PKIOperation");
  CHECK(query->message == "MIIB%2B");
}

TEST_CASE("a query without them has none", "[web]") {
  const auto query = parse_query("");
  REQUIRE(query);
  CHECK_FALSE(query->operation);
  CHECK_FALSE(query->message);
  CHECK(parse_query("operation")->operation == "");
}

TEST_CASE("an operation or message given twice is no request", "[web][req:T7][case:P9]") {
  for (const char* text :
       {"operation=GetCACaps&operation=GetCACaps", "operation=GetCACaps&OPERATION=GetCACert",
        "message=a&operation=GetCACaps&message=a", "operation=GetCACaps&%6Fperation=GetCACert"}) {
    CAPTURE(text);
    const auto query = parse_query(text);
    REQUIRE_FALSE(query);
    CHECK(query.error().code == Errc::malformed);
    CHECK(query.error().reason == Reason::http_request_invalid);
  }
}

TEST_CASE("an operation with NUL or broken percent-encoding is no request", "[web][case:P9]") {
  CHECK_FALSE(parse_query("operation=PKIOperation%00"));
  CHECK_FALSE(parse_query("operation=PKIOperation%"));
  CHECK_FALSE(parse_query("operation=%zz"));
  CHECK(parse_query("operation=PKIOperation&other=%zz%00"));
}

TEST_CASE("failures without a CertRep are 400, 403, 503 or 500", "[web][req:T24]") {
  CHECK(http_status(Errc::malformed) == 400);
  CHECK(http_status(Errc::bad_alg) == 400);
  CHECK(http_status(Errc::bad_message_check) == 400);
  CHECK(http_status(Errc::bad_request) == 400);
  CHECK(http_status(Errc::bad_time) == 400);
  CHECK(http_status(Errc::bad_cert_id) == 400);
  CHECK(http_status(Errc::denied) == 403);
  CHECK(http_status(Errc::unavailable) == 503);
  CHECK(http_status(Errc::config) == 500);
  CHECK(http_status(Errc::internal) == 500);
}

}  // namespace
}  // namespace scep_ra::web
