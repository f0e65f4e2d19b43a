#include "policy/approved_request.h"

#include "catch.h"
#include "policy/make_csr.h"
#include "policy/make_template.h"

using namespace scep_ra;
using policy::Authorisation;

namespace {

Result<policy::ApprovedRequest> approve(test::MadeRequest made, const policy::Template& chosen,
                                        Authorisation authorisation) {
  return policy::approve(std::move(made.csr), made.key, chosen, std::move(authorisation), "T1");
}

}  // namespace

TEST_CASE("an approved request carries what was judged and nothing else", "[policy]") {
  const auto chosen = test::device_template();
  const auto made = test::make_request({});
  const auto approved = approve(made, chosen, Authorisation::by_password({1, 2, 3}));
  REQUIRE(approved);
  CHECK(equal(approved->csr().der(), made.csr.der()));
  CHECK(&approved->certificate_template() == &chosen);
  CHECK(approved->transaction_id() == "T1");
  CHECK(equal(approved->authorisation().password_mac(), Buffer{1, 2, 3}));
}

TEST_CASE("open enrolment is approved by the operator's word alone", "[policy][case:A3]") {
  const auto chosen = test::device_template();
  CHECK(approve(test::make_request({}), chosen, Authorisation::open()));
}

TEST_CASE("an authorisation by no password approves nothing", "[policy][case:A3]") {
  const auto chosen = test::device_template();
  const auto approved = approve(test::make_request({}), chosen, Authorisation::by_password({}));
  REQUIRE_FALSE(approved);
  CHECK(approved.error().code == Errc::denied);
}

TEST_CASE("a request against the template is not approved, password or not", "[policy]") {
  const auto chosen = test::device_template();
  const auto approved =
      approve(test::make_request({.subject = {{"DC", "x"}}, .extensions = {}, .attributes = {}}),
              chosen, Authorisation::by_password({1}));
  REQUIRE_FALSE(approved);
  CHECK(approved.error().reason == Reason::subject_missing);
}

TEST_CASE("a key that is not the request's is never judged in its place", "[policy]") {
  const auto chosen = test::device_template();
  auto made =
      test::make_request({.key = test::RequestKey::rsa_1024, .extensions = {}, .attributes = {}});
  made.key = test::make_request({}).key;
  const auto approved = approve(made, chosen, Authorisation::open());
  REQUIRE_FALSE(approved);
  CHECK(approved.error().code == Errc::internal);
}
