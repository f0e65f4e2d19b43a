#include <algorithm>
#include <thread>

#include <utility>

#include "catch.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;
using namespace std::chrono_literals;

namespace {

const Error store_is_away{Errc::unavailable, Reason::store_unavailable, "the disk is full"};

Buffer certified_key(const Answered& answered) {
  return to_buffer(crypto::Certificate::decode(answered.certificate())->public_key_info());
}

}  // namespace

TEST_CASE("a device with a password gets its certificate, recorded before it is delivered",
          "[enrol][req:R1][req:R5][req:R13][req:R14][req:R22]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Ask ask = with_password(bench.password());
  const Answered answered = bench.send(ask);

  CHECK(answered.status == "0");
  CHECK(answered.transaction == ask.transaction);
  CHECK(answered.recipient_nonce == ask.nonce);
  CHECK(answered.sender_nonce.size() == 16);
  REQUIRE(answered.certificates.size() == 2);
  CHECK(certified_key(answered) == der_of(device().key, i2d_PUBKEY));
  CHECK(equal(answered.certificates[1], bench.ca.ca_certificates()[0].der()));

  // What was judged is what the CA got, once.
  REQUIRE(bench.ca.asked.size() == 1);
  CHECK(bench.ca.asked[0] == make_device_csr(ask.csr));
  CHECK(bench.unspent_passwords() == 0);
}

TEST_CASE("an issued certificate leaves one event, the same in the store and in the log",
          "[enrol]") {
  RaBench bench;
  Ask ask = with_password(bench.password());
  ask.csr.extensions = {{"subjectAltName", "DNS:device-1.example.test"}};
  const Answered answered = bench.send(ask);
  REQUIRE(answered.events.size() == 1);
  REQUIRE(bench.store.kept.size() == 1);
  CHECK(bench.store.kept[0] == answered.events[0]);
  const nlohmann::json& event = answered.events[0];
  CHECK(event["name"] == "certificate-issued");
  CHECK(event["reason"].is_null());
  CHECK(event["serial"] == crypto::Certificate::decode(answered.certificate())->serial_text());
  CHECK(event["template"] == "Device");
  CHECK(event["subject"] == "CN=device-1");
  CHECK(event["sans"] == nlohmann::json{"dns:device-1.example.test"});
  CHECK(event["transaction_id"] == ask.transaction);
  CHECK(event["message_type"] == "PKCSReq");
  CHECK(event["cipher"] == "aes128-cbc");
  REQUIRE(answered.outcome.events.size() == 1);
  CHECK(answered.outcome.events[0].id == 2);
}

TEST_CASE("a certificate that cannot be recorded is not delivered", "[enrol][case:A2][req:F6]") {
  RaBench bench;
  const Buffer message = message_for(with_password(bench.password()));
  bench.store.faults.record = store_is_away;
  check_unavailable(bench.send(message), 112, "store-unavailable");
  CHECK(bench.ca.asked.size() == 1);

  // The claim ends by itself; then the same request is asked anew, its password still its own.
  bench.store.faults.record.reset();
  check_come_again(bench.send(message));
  bench.clock.advance(store::claim_life);
  CHECK(bench.send(message).status == "0");
  CHECK(bench.ca.asked.size() == 2);
}

TEST_CASE("a certificate is not delivered by whom the claim was taken from", "[enrol]") {
  RaBench bench;
  const Ask ask = with_password(bench.password());
  bench.store.faults.record =
      Error{Errc::unavailable, Reason::request_in_progress, "the claim is gone"};
  check_come_again(bench.send(ask));
  CHECK(bench.store.kept.empty());
}

TEST_CASE(
    "a claim that ran out while the CA worked is the next one's, and there is one certificate",
    "[enrol][case:R3]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Buffer message = message_for(with_password(bench.password()));
  Answered meanwhile;
  bool slow_one = true;
  bench.ca.answer = [&](const policy::ApprovedRequest& request) -> Result<ca::CaDecision> {
    if (std::exchange(slow_one, false)) {
      bench.clock.advance(store::claim_life);
      meanwhile = bench.send(message);
    }
    return bench.ca.certify(request);
  };
  const Answered slow = bench.send(message);
  CHECK(meanwhile.status == "0");
  CHECK_FALSE(slow.outcome.cert_rep);
  CHECK(slow.outcome.error == Errc::unavailable);
  CHECK(slow.outcome.events.empty());
  CHECK(bench.send(message).certificate() == meanwhile.certificate());
}

TEST_CASE("the same bytes again get the same certificate, and the CA is asked once",
          "[enrol][case:R1][req:P7][req:P12][req:S7][req:S12]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Buffer message = message_for(with_password(bench.password()));
  const Answered first = bench.send(message);
  const Answered again = bench.send(message);
  CHECK(again.status == "0");
  CHECK(again.certificates == first.certificates);
  CHECK(again.sender_nonce != first.sender_nonce);

  // Neither the password's expiry nor a purge changes that, as long as the certificate is valid.
  bench.ca.validity = 2 * 3600;
  Ask other = with_password(bench.password(), "longer");
  other.transaction = "transaction-2";
  const Answered longer = bench.send(other);
  bench.clock.advance(61min);
  bench.store.purge();
  CHECK(bench.send(other).certificate() == longer.certificate());
  CHECK(bench.ca.asked.size() == 2);
}

TEST_CASE("the same CSR in another wrapper gets the same certificate, and the CA is asked once",
          "[enrol][case:R1][req:P10]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Ask ask = with_password(bench.password());
  const Answered first = bench.send(ask);
  REQUIRE(first.status == "0");

  Ask other_nonce = ask;
  other_nonce.nonce = "another nonce!!!";
  const Answered second = bench.send(other_nonce);
  CHECK(second.certificate() == first.certificate());
  CHECK(second.recipient_nonce == other_nonce.nonce);

  Ask other_transaction = ask;
  other_transaction.transaction = "transaction-2";
  const Answered third = bench.send(other_transaction);
  CHECK(third.certificate() == first.certificate());
  CHECK(third.transaction == "transaction-2");

  Ask other_signer = ask;
  other_signer.signer = &another_device();
  CHECK(bench.send(other_signer).certificate() == first.certificate());
  other_signer.transaction = "transaction-3";
  CHECK(bench.send(other_signer).certificate() == first.certificate());
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("with open enrolment, too, one CSR is certified once", "[enrol][case:R1][req:P7]") {
  RaBench bench;
  bench.challenge = &bench.no_challenge;
  const Answered first = bench.send(Ask{});
  CHECK(first.status == "0");
  CHECK(bench.send(Ask{}).certificate() == first.certificate());
  CHECK(bench.send(Ask{.transaction = "transaction-2"}).certificate() == first.certificate());
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("copies of one request at once are one submission to the CA", "[enrol][case:R3]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  const Buffer message = message_for(with_password(bench.password()));
  std::vector<enrol::Outcome> outcomes(8);
  {
    const enrol::Services services = bench.services();
    std::vector<std::jthread> threads;
    for (enrol::Outcome& outcome : outcomes)
      threads.emplace_back(
          [&] { outcome = enrol::answer_pki_message(services, message, "192.0.2.7"); });
  }
  CHECK(bench.ca.asked.size() == 1);
  const auto answers = std::ranges::count_if(
      outcomes, [](const enrol::Outcome& outcome) { return outcome.cert_rep.has_value(); });
  const auto later = std::ranges::count_if(outcomes, [](const enrol::Outcome& outcome) {
    return !outcome.cert_rep && outcome.error == Errc::unavailable && outcome.retry_after;
  });
  CHECK(answers >= 1);
  CHECK(answers + later == 8);
  CHECK(bench.send(message).status == "0");
  CHECK(bench.ca.asked.size() == 1);
}
