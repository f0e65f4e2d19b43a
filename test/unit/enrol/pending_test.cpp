#include "base/hex.h"
#include "catch.h"
#include "enrol/approval.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

// An RA whose template waits for an operator.
class Manual : public RaBench {
 public:
  explicit Manual(Kept kept = Kept::in_memory) : RaBench(kept) {
    templates.templates.at("Device").manual_approval = true;
  }
  // A request that waits.
  Ask waiting() {
    Ask ask = with_password(password());
    CHECK(send(ask).status == "3");
    return ask;
  }
  std::string id() {
    const auto requests = store.list_requests(store::RequestState::pending, 10).value();
    REQUIRE(requests.size() == 1);
    return requests.front().id;
  }
  Answered poll(const Ask& ask, const std::string& nonce = "another nonce 16") {
    Ask again = ask;
    again.type = "20";
    again.nonce = nonce;
    MessageWish wish = wish_for(again);
    wish.envelope.plaintext = to_buffer(as_bytes("P5: nobody reads it"));
    return send(make_message(wish), *ask.signer, ask.csr.password);
  }
};

}  // namespace

TEST_CASE("a request waits for an operator, and its device polls until it is approved",
          "[enrol][req:P1][req:P5][req:P6][req:R5]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  Manual bench(kept);
  const std::string password = bench.password();
  const Ask ask = with_password(password);
  const Answered pending = bench.send(ask);
  CHECK(pending.status == "3");
  REQUIRE(pending.events.size() == 1);
  CHECK(pending.events[0]["name"] == "request-pending");
  CHECK(bench.unspent_passwords() == 0);
  CHECK(bench.ca.asked.empty());

  // The same message and polls find it waiting, without an event each.
  CHECK(bench.send(ask).status == "3");
  const Answered polled = bench.poll(ask);
  CHECK(polled.status == "3");
  CHECK(polled.recipient_nonce != pending.recipient_nonce);
  CHECK(polled.events.empty());

  const auto waiting = enrol::waiting_csr(bench.services(), bench.id());
  REQUIRE(waiting);
  CHECK(waiting->request.subject == "CN=device-1");
  CHECK(waiting->request.client_address == "192.0.2.7");
  const std::size_t before = bench.told.size();
  const auto certificate = enrol::approve_request(bench.services(), bench.id(), "os:root");
  REQUIRE(certificate);
  REQUIRE(bench.told.size() == before + 2);
  CHECK(bench.told[before]["name"] == "request-approved");
  CHECK(bench.told[before]["user"] == "os:root");
  CHECK(bench.told[before + 1]["name"] == "certificate-issued");
  CHECK(bench.told[before + 1].dump().find(password) == std::string::npos);
  CHECK(bench.ca.asked.size() == 1);

  const Answered got = bench.poll(ask);
  CHECK(got.status == "0");
  CHECK(got.certificate() == to_buffer(certificate->der()));
  CHECK(bench.send(ask).certificate() == got.certificate());
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("what is denied stays so, and its password is gone", "[enrol][req:P6]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  Manual bench(kept);
  const Ask ask = bench.waiting();
  REQUIRE(enrol::deny_request(bench.services(), bench.id(), "os:root"));
  CHECK(bench.told.back()["name"] == "request-denied");
  CHECK(bench.told.back()["reason"] == "approval-denied");
  check_refused(bench.poll(ask), "2", "approval-denied");
  check_refused(bench.send(ask), "2", "approval-denied");
  Ask other = ask;
  other.csr.common_name = "another";
  check_refused(bench.send(other), "2", "password-unknown");
  CHECK(bench.ca.asked.empty());
}

TEST_CASE("a poll is answered to the key that signed the request only",
          "[enrol][req:P3][req:P4][case:R4]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  Manual bench(kept);
  const Ask ask = bench.waiting();
  Ask thief = ask;
  thief.signer = &another_device();
  check_refused(bench.poll(thief), "4", "transaction-unknown");
  Ask other_case = ask;
  other_case.transaction = "TRANSACTION-1";
  CHECK(bench.poll(other_case).status == "3");
  REQUIRE(enrol::approve_request(bench.services(), bench.id(), "os:root"));
  check_refused(bench.poll(thief), "4", "transaction-unknown");
  CHECK(bench.poll(other_case).status == "0");
}

TEST_CASE("its captured request in another wrapper takes nothing from a device that waits",
          "[enrol][case:R4]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  Manual bench(kept);
  const Ask ask = bench.waiting();
  Ask captured = ask;
  captured.signer = &another_device();
  captured.transaction = "the thief's";
  CHECK(bench.send(captured).status == "3");
  check_refused(bench.poll(captured), "4", "transaction-unknown");
  REQUIRE(enrol::approve_request(bench.services(), bench.id(), "os:root"));
  CHECK(bench.poll(ask).status == "0");
}

TEST_CASE("a transactionID that waits is refused to another CSR", "[enrol][req:P9]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  Manual bench(kept);
  bench.waiting();
  check_refused(bench.send(with_password(bench.password(), "another")), "2", "transaction-open");
}

TEST_CASE("a CA that does not certify leaves an approved request waiting", "[enrol][case:R5]") {
  Manual bench;
  const Ask ask = bench.waiting();
  bench.ca.answer = [](const policy::ApprovedRequest&) -> Result<ca::CaDecision> {
    return fail(Errc::unavailable, Reason::ca_unreachable, "away");
  };
  CHECK_FALSE(enrol::approve_request(bench.services(), bench.id(), "os:root"));
  CHECK(bench.poll(ask).status == "3");
  bench.ca.answer = nullptr;
  bench.clock.advance(store::claim_life);
  CHECK(enrol::approve_request(bench.services(), bench.id(), "os:root"));
  CHECK(bench.poll(ask).status == "0");
}

TEST_CASE("a request is judged anew when it is approved", "[enrol][case:R6]") {
  Manual bench;
  const Ask ask = bench.waiting();
  bench.templates.templates.at("Device").minimum_key_size = 4096;
  const auto refused = enrol::approve_request(bench.services(), bench.id(), "os:root");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::key_too_short);
  CHECK(bench.ca.asked.empty());
  CHECK(bench.poll(ask).status == "3");
}

TEST_CASE("a key that is blocked while its request waits is not certified",
          "[enrol][case:R6][case:C11]") {
  Manual bench;
  const Ask ask = bench.waiting();
  const Buffer info = der_of(ask.csr.key, i2d_PUBKEY);
  REQUIRE(
      bench.blocked_keys.add(hex_lower(library()->digest(crypto::Digest::sha256, info)), "list"));
  const auto refused = enrol::approve_request(bench.services(), bench.id(), "os:root");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::key_not_allowed);
  CHECK(bench.ca.asked.empty());
  bench.blocked_keys = {};
  CHECK(enrol::approve_request(bench.services(), bench.id(), "os:root"));
}

TEST_CASE("altered octets of a request that waits are never sent", "[enrol][case:R6]") {
  Manual bench;
  bench.waiting();
  bench.csr_key = Secret(std::string_view("another key"));
  const auto refused = enrol::approve_request(bench.services(), bench.id(), "os:root");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::internal);
  CHECK(bench.ca.asked.empty());
}

TEST_CASE("who decides on a request keeps others from it", "[enrol]") {
  Manual bench(GENERATE(Kept::in_memory, Kept::in_sqlite));
  bench.waiting();
  const std::string id = bench.id();
  bench.ca.answer = [&](const policy::ApprovedRequest& request) -> Result<ca::CaDecision> {
    CHECK_FALSE(enrol::deny_request(bench.services(), id, "os:other"));
    CHECK_FALSE(enrol::approve_request(bench.services(), id, "os:other"));
    return bench.ca.certify(request);
  };
  CHECK(enrol::approve_request(bench.services(), id, "os:root"));
  bench.ca.answer = nullptr;
  CHECK_FALSE(enrol::approve_request(bench.services(), id, "os:root"));
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("no more requests wait than may", "[enrol][req:P11]") {
  Manual bench(GENERATE(Kept::in_memory, Kept::in_sqlite));
  for (int number = 0; number < 5; ++number) {
    Ask ask = with_password(bench.password(), "device " + std::to_string(number));
    ask.transaction = "transaction " + std::to_string(number);
    CHECK(bench.send(ask).status == "3");
  }
  Ask sixth = with_password(bench.password(), "sixth");
  sixth.transaction = "sixth";
  check_refused(bench.send(sixth), "2", "too-many-pending");
  // Its password is bound to it, so that it may come again.
  bench.waiting_limits.a_source = 6;
  CHECK(bench.send(sixth).status == "3");
}

TEST_CASE("nobody waits for ever", "[enrol][req:P11]") {
  Manual bench(GENERATE(Kept::in_memory, Kept::in_sqlite));
  const Ask ask = bench.waiting();
  const auto expire = [&] {
    return bench.store.expire_waiting(std::chrono::days{30}, {4, "{}"}).value();
  };
  bench.clock.advance(std::chrono::days{29});
  CHECK(expire() == 0);
  CHECK(bench.store.list_requests(store::RequestState::pending, 10).value().size() == 1);
  bench.clock.advance(std::chrono::days{1});
  CHECK(expire() == 1);
  CHECK(bench.store.list_requests(store::RequestState::denied, 10).value().size() == 1);
  bench.clock.advance(std::chrono::days{8});
  CHECK(expire() == 0);
  CHECK(bench.store.list_requests(std::nullopt, 10).value().empty());
}

TEST_CASE("a device with an EC key gets by its poll what its password opens",
          "[enrol][req:E9][req:P6]") {
  Manual bench(GENERATE(Kept::in_memory, Kept::in_sqlite));
  Ask ask = with_password(bench.password());
  ask.signer = &ec_device();
  ask.csr.key = ec_device().key;
  CHECK(bench.send(ask).status == "3");
  REQUIRE(enrol::approve_request(bench.services(), bench.id(), "os:root"));
  CHECK(bench.poll(ask).status == "0");
}

TEST_CASE("a poll that the store cannot answer is to come again", "[enrol][case:F3]") {
  Manual bench;
  const Ask ask = bench.waiting();
  bench.store.faults.poll = Error{Errc::unavailable, Reason::store_unavailable, "a test's fault"};
  check_unavailable(bench.poll(ask), 112, "store-unavailable");
}
