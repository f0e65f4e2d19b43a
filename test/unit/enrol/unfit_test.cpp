#include "catch.h"
#include "make_certificate.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;
using namespace std::chrono_literals;

namespace {

const Error no_store{Errc::unavailable, Reason::store_unavailable, "the disk is full"};

// One of the RA's certificates with its key, at another time of its life.
crypto::Certificate certificate_of_age(const Party& party, long valid_from, long valid_until) {
  return crypto::Certificate::decode(
             der_of_certificate(make_certificate({.key = party.key,
                                                  .common_name = "RA",
                                                  .valid_from = valid_from,
                                                  .valid_until = valid_until})
                                    .get()))
      .value();
}

void check_unfit(const Answered& answered) {
  check_unavailable(answered, 16, "ra-certificate-expired");
  REQUIRE(answered.events.size() == 1);
  CHECK(answered.events[0]["name"] == "ra-certificate-problem");
  CHECK(answered.events[0]["level"] == "error");
}

// The store fails at that step: the device is told to come again, and nothing happens.
void check_fails_closed(std::optional<Error> FaultyStore::Faults::* step) {
  RaBench bench;
  const std::string password = bench.password();
  bench.store.faults.*step = no_store;
  check_unavailable(bench.send(with_password(password)), 112, "store-unavailable");
  (bench.store.faults.*step).reset();
  check_nothing_spent(bench, password);
}

}  // namespace

TEST_CASE("an RA whose certificates are expired answers 503 and says why", "[enrol][case:C12]") {
  RaBench bench;
  const Buffer message = message_for(with_password(bench.password()));
  bench.clock.advance(25h);
  check_unfit(bench.send(message));
  CHECK(bench.ca.asked.empty());
}

TEST_CASE("an RA whose certificates are not yet valid answers 503, and then serves",
          "[enrol][case:C12]") {
  RaBench bench;
  const Buffer message = message_for(with_password(bench.password()));
  bench.clock.advance(-2h);
  check_unfit(bench.send(message));
  CHECK(bench.ca.asked.empty());
  bench.clock.advance(2h);
  CHECK(bench.send(message).status == "0");
}

TEST_CASE("one expired certificate of the two is enough", "[enrol][case:C12]") {
  RaBench bench;
  const std::string password = bench.password();
  const crypto::Certificate good = bench.keys.pair.certificate;
  bench.keys.pair.certificate = certificate_of_age(ra_signing(), -7200, -3600);
  check_unfit(bench.send(with_password(password)));
  bench.keys.pair.certificate = certificate_of_age(ra_signing(), 3600, 7200);
  check_unfit(bench.send(with_password(password)));
  bench.keys.pair.certificate = good;

  const crypto::Certificate good_too = bench.keys.opening[0].certificate;
  bench.keys.opening[0].certificate = certificate_of_age(ra_encryption(), -7200, -3600);
  check_unfit(bench.send(with_password(password)));
  bench.keys.opening[0].certificate = good_too;
  check_nothing_spent(bench, password);
}

TEST_CASE("an unfit RA reads no message: nonsense gets the same answer", "[enrol][case:C12]") {
  RaBench bench;
  bench.clock.advance(25h);
  check_unfit(bench.send(as_bytes("no message")));
}

TEST_CASE("a store that fails is never a yes, at any step, and spends nothing",
          "[enrol][case:A2]") {
  check_fails_closed(&FaultyStore::Faults::find);
  check_fails_closed(&FaultyStore::Faults::usable);
  check_fails_closed(&FaultyStore::Faults::claim);
}

TEST_CASE("a defect of ours in the store is an HTTP error, and nothing is delivered",
          "[enrol][case:A2]") {
  RaBench bench;
  bench.store.faults.record = Error{Errc::internal, Reason::internal_error, "the serial exists"};
  const Answered answered = bench.send(with_password(bench.password()));
  CHECK_FALSE(answered.outcome.cert_rep);
  CHECK(answered.outcome.error == Errc::internal);
  CHECK(answered.reason() == "internal-error");
}

TEST_CASE("bytes that are no message are refused without a CertRep, with one event",
          "[enrol][req:F5][req:T24]") {
  RaBench bench;
  const Answered answered = bench.send(as_bytes("no message"));
  CHECK_FALSE(answered.outcome.cert_rep);
  CHECK(answered.outcome.error == Errc::malformed);
  CHECK_FALSE(answered.outcome.retry_after);
  REQUIRE(answered.events.size() == 1);
  CHECK(answered.events[0]["name"] == "message-unreadable");
  const Answered nothing = bench.send(Bytes{});
  CHECK_FALSE(nothing.outcome.cert_rep);
  CHECK(nothing.outcome.error == Errc::malformed);
}
