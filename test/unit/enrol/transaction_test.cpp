#include "catch.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

// The answer to a message that comes while the CA works on another one.
Answered while_at_the_ca(RaBench& bench, const Ask& first, const Ask& second) {
  Answered meanwhile;
  bench.ca.answer = [&](const policy::ApprovedRequest& request) -> Result<ca::CaDecision> {
    bench.ca.answer = nullptr;
    meanwhile = bench.send(second);
    return bench.ca.certify(request);
  };
  CHECK(bench.send(first).status == "0");
  bench.ca.answer = nullptr;  // it speaks of what ends here
  return meanwhile;
}

}  // namespace

TEST_CASE("a request that another process works on is to come again, without an event",
          "[enrol][case:R3][req:P7]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Ask ask = with_password(bench.password());
  check_come_again(while_at_the_ca(bench, ask, ask));
  CHECK(bench.ca.asked.size() == 1);
  CHECK(bench.send(ask).status == "0");
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("so is a request that another process works on in another wrapper", "[enrol][case:R3]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Ask ask = with_password(bench.password());
  Ask wrapped_anew = ask;
  wrapped_anew.transaction = "transaction-2";
  wrapped_anew.signer = &another_device();
  check_come_again(while_at_the_ca(bench, ask, wrapped_anew));
  CHECK(bench.send(wrapped_anew).status == "0");
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("a transactionID that is open for another CSR is refused, and free once it ended",
          "[enrol][case:R4][req:P9]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Ask owner = with_password(bench.password(), "owner");
  const std::string password = bench.password();
  const Ask other = with_password(password, "another");
  const Answered refused = while_at_the_ca(bench, owner, other);
  check_refused(refused, "2", "transaction-open");
  CHECK(bench.ca.asked.size() == 1);
  CHECK(bench.unspent_passwords() == 1);

  CHECK(bench.send(other).status == "0");
  CHECK(bench.ca.asked.size() == 2);
}

TEST_CASE("another key under a known transactionID harms its owner in no way",
          "[enrol][case:R4][req:M11]") {
  RaBench bench;
  const Ask owner = with_password(bench.password(), "owner");
  Ask thief = with_password("0123456789ABCDEF", "thief");
  thief.signer = &another_device();
  check_refused(bench.send(thief), "2", "password-unknown");  // before
  CHECK(while_at_the_ca(bench, owner, thief).status == "2");  // during
  check_refused(bench.send(thief), "2", "password-unknown");  // after
  CHECK(bench.send(owner).status == "0");
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("a transactionID of any look works and comes back as it was", "[enrol][req:M10]") {
  RaBench bench;
  bench.challenge = &bench.no_challenge;
  const std::string identifier = GENERATE("HVvzN0228V+AW+dUuDe8OPyDXD0=", "SSCEP transactionId",
                                          "../../etc/passwd", "'; DROP TABLE request; --");
  const Answered answered = bench.send(Ask{.transaction = identifier});
  CHECK(answered.status == "0");
  CHECK(answered.transaction == identifier);
}

TEST_CASE("an expired certificate is not delivered again: open enrolment decides anew",
          "[enrol][case:R1]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  bench.challenge = &bench.no_challenge;
  const Buffer message = message_for(Ask{});
  const Answered first = bench.send(message);
  bench.clock.advance(Seconds{bench.ca.validity - 60});
  CHECK(bench.send(message).certificate() == first.certificate());
  CHECK(bench.ca.asked.size() == 1);

  bench.clock.advance(Seconds{120});
  bench.ca.validity = 2 * 3600;
  const Answered anew = bench.send(message);
  CHECK(anew.status == "0");
  CHECK(anew.certificate() != first.certificate());
  CHECK(bench.ca.asked.size() == 2);
  CHECK(bench.send(message).certificate() == anew.certificate());
  CHECK(bench.ca.asked.size() == 2);
}

TEST_CASE("an expired certificate is not delivered again: a spent password gets no new one",
          "[enrol][case:R1][case:A5]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Ask ask = with_password(bench.password());
  const Buffer message = message_for(ask);
  CHECK(bench.send(message).status == "0");
  bench.clock.advance(Seconds{bench.ca.validity + 1});
  check_refused(bench.send(message), "2", "password-unknown");
  Ask wrapped_anew = ask;
  wrapped_anew.transaction = "transaction-2";
  check_refused(bench.send(wrapped_anew), "2", "password-unknown");
  CHECK(bench.ca.asked.size() == 1);

  // Its device gets another certificate with another password.
  CHECK(bench.send(with_password(bench.password())).status == "0");
}
