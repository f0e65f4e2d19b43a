#include "catch.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

// A query of that type, as clients send them; a test changes one thing.
MessageWish query(const std::string& type) {
  MessageWish wish = wish_for(Ask{.type = type});
  const Node issuer =
      verbatim(der_of(X509_get_subject_name(ra_encryption().certificate), i2d_X509_NAME));
  wish.envelope.plaintext = encoded(type == "20" ? sequence({issuer, issuer})
                                                 : issuer_and_serial(ra_encryption().certificate));
  return wish;
}

// All of the answer that can differ between two of one type.
struct Told {
  std::string status, fail_info, transaction, recipient_nonce;
  std::size_t size;
  nlohmann::json event;
  bool operator==(const Told&) const = default;
};
Told told_by(const Answered& answered) {
  REQUIRE(answered.outcome.cert_rep);
  REQUIRE(answered.events.size() == 1);
  nlohmann::json event = answered.events[0];
  event.erase("time");
  event.erase("stages_us");
  return {answered.status,
          answered.fail_info,
          answered.transaction,
          answered.recipient_nonce,
          answered.outcome.cert_rep->size(),
          event};
}

// That it is refused without a look for the key that would open it.
void check_unopened(RaBench& bench, const MessageWish& wish, const Told& expected) {
  const int before = bench.keys.looked_at;
  const Answered answered = bench.send(make_message(wish));
  // Once, for the certificate's dates.
  CHECK(bench.keys.looked_at == before + 1);
  CHECK(answered.events[0]["stages_us"].contains("verify"));
  CHECK_FALSE(answered.events[0]["stages_us"].contains("decrypt"));
  CHECK(answered.events[0]["cipher"].is_null());
  CHECK(told_by(answered) == expected);
}

}  // namespace

TEST_CASE("a poll for what nobody has asked for is refused", "[enrol][case:A1][req:P2]") {
  RaBench bench;
  const Answered answered = bench.send(make_message(query("20")));
  check_refused(answered, "4", "transaction-unknown");
  CHECK(answered.events[0]["message_type"] == "CertPoll");
}

TEST_CASE("GetCert and GetCRL are not offered", "[enrol][case:A1][req:P13][req:P15]") {
  RaBench bench;
  check_refused(bench.send(make_message(query("21"))), "2", "message-type-unsupported");
  check_refused(bench.send(make_message(query("22"))), "2", "message-type-unsupported");
}

TEST_CASE("a query is answered unopened, the same whether its envelope opens or not",
          "[enrol][case:C7][req:E12][req:M22]") {
  const std::string type = GENERATE("20", "21", "22");
  CAPTURE(type);
  RaBench bench;
  const MessageWish good = query(type);
  const Told expected = told_by(bench.send(make_message(good)));
  check_unopened(bench, good, expected);

  MessageWish padding = good;
  padding.envelope.spoil_ciphertext = [](Buffer& ciphertext) { ciphertext.back() ^= 1; };
  check_unopened(bench, padding, expected);
  MessageWish block_before = good;
  block_before.envelope.spoil_ciphertext = [](Buffer& all) { all[all.size() - 17] ^= 1; };
  check_unopened(bench, block_before, expected);
  MessageWish other_key = good;
  other_key.envelope.content_key = Buffer(16, 0x42);
  check_unopened(bench, other_key, expected);
  MessageWish no_query = good;
  no_query.envelope.plaintext = to_buffer(as_bytes("no query"));
  check_unopened(bench, no_query, expected);
  MessageWish other_recipient = good;
  other_recipient.envelope.recipients = {{.party = &another_device()}};
  check_unopened(bench, other_recipient, expected);
}

TEST_CASE("a captured request under the type of a query is not opened either, and not spent",
          "[enrol][case:C7][case:A1]") {
  const std::string type = GENERATE("20", "21", "22");
  CAPTURE(type);
  RaBench bench;
  const std::string password = bench.password();
  const Told expected = told_by(bench.send(make_message(query(type))));
  Ask captured = with_password(password);
  captured.type = type;
  check_unopened(bench, wish_for(captured), expected);
  check_nothing_spent(bench, password);
}

// The twin: a request is opened, once.
TEST_CASE("a request for a certificate is opened", "[enrol][case:C7]") {
  RaBench bench;
  const int before = bench.keys.looked_at;
  const Answered answered = bench.send(with_password(bench.password()));
  CHECK(bench.keys.looked_at > before + 1);
  CHECK(answered.events[0]["stages_us"].contains("decrypt"));
}
