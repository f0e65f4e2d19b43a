#include "catch.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

StubCa::Answer denies() {
  return [](const policy::ApprovedRequest&) -> Result<ca::CaDecision> {
    return ca::Denied{"the CA's own words"};
  };
}
StubCa::Answer is_away() {
  return [](const policy::ApprovedRequest&) -> Result<ca::CaDecision> {
    return fail(Errc::unavailable, Reason::ca_unreachable, "connection refused");
  };
}
StubCa::Answer certifies_another_key(StubCa& ca) {
  return [&ca](const policy::ApprovedRequest& request) -> Result<ca::CaDecision> {
    return ca.certify(request, key_of("somebody else"));
  };
}

// Another request with a password that is bound to a first one, in a transaction of its own.
Answered other_request(RaBench& bench, const std::string& password) {
  Ask other = with_password(password, "another device");
  other.transaction = "another transaction";
  return bench.send(other);
}

}  // namespace

TEST_CASE("what the CA denies is refused for good, and tells the device nothing of its words",
          "[enrol][req:F3]") {
  RaBench bench;
  bench.ca.answer = denies();
  const Answered denied = bench.send(with_password(bench.password()));
  check_refused(denied, "2", "ca-denied");
  CHECK(denied.events[0]["id"] == 4);
  CHECK(denied.events[0]["detail"] == "the CA's own words");
  CHECK(as_text(*denied.outcome.cert_rep).find("own words") == std::string_view::npos);
  // The store has the event of the claim it released.
  REQUIRE(bench.store.kept.size() == 1);
  CHECK(bench.store.kept[0] == denied.events[0]);
}

TEST_CASE("what the CA denied once may come again with its password, nothing else may",
          "[enrol][case:R1][req:N8]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const std::string password = bench.password();
  const Buffer message = message_for(with_password(password));
  bench.ca.answer = denies();
  check_refused(bench.send(message), "2", "ca-denied");
  check_refused(bench.send(message), "2", "ca-denied");
  CHECK(bench.ca.asked.size() == 2);

  bench.ca.answer = nullptr;
  check_refused(other_request(bench, password), "2", "password-unknown");
  CHECK(bench.ca.asked.size() == 2);
  CHECK(bench.send(message).status == "0");
  check_refused(other_request(bench, password), "2", "password-unknown");
}

TEST_CASE("while the CA is away a device is told to come again, and then is asked for again",
          "[enrol][req:F6][case:F5]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const std::string password = bench.password();
  const Buffer message = message_for(with_password(password));
  bench.ca.answer = is_away();
  const Answered away = bench.send(message);
  check_unavailable(away, 106, "ca-unreachable");
  CHECK(away.events[0]["name"] == "ca-unreachable");
  check_unavailable(bench.send(message), 106, "ca-unreachable");

  bench.ca.answer = nullptr;
  check_refused(other_request(bench, password), "2", "password-unknown");
  CHECK(bench.send(message).status == "0");
  CHECK(bench.ca.asked.size() == 3);
}

TEST_CASE("a certificate for another key is not delivered, and not recorded",
          "[enrol][case:A14][req:R22]") {
  RaBench bench;
  const Buffer message = message_for(with_password(bench.password()));
  bench.ca.answer = certifies_another_key(bench.ca);
  const Answered refused = bench.send(message);
  CHECK(refused.status != "0");
  CHECK(refused.certificates.empty());
  REQUIRE(refused.events.size() == 1);
  CHECK(refused.events[0]["name"] != "certificate-issued");
  CHECK_FALSE(refused.reason().empty());

  // The claim is released: the next try asks the CA at once.
  bench.ca.answer = nullptr;
  CHECK(bench.send(message).status == "0");
  CHECK(bench.ca.asked.size() == 2);
}

TEST_CASE("what the CA refused is refused, too, when the store cannot release the claim",
          "[enrol][case:A2]") {
  RaBench bench;
  const Buffer message = message_for(with_password(bench.password()));
  bench.store.faults.release = Error{Errc::unavailable, Reason::store_unavailable, "away"};
  bench.ca.answer = denies();
  check_refused(bench.send(message), "2", "ca-denied");

  // Then it waits for the end of the claim.
  bench.store.faults.release.reset();
  bench.ca.answer = nullptr;
  check_come_again(bench.send(message));
  bench.clock.advance(store::claim_life);
  CHECK(bench.send(message).status == "0");
}
