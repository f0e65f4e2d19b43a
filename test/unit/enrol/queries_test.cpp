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

}  // namespace

TEST_CASE("a poll for what nobody has asked for is refused", "[enrol][case:A1][req:P2]") {
  RaBench bench;
  const Answered answered = bench.send(make_message(query("20")));
  check_refused(answered, "4", "transaction-unknown");
  CHECK(answered.events[0]["message_type"] == "CertPoll");
}

TEST_CASE("NDES's profile offers neither GetCert nor GetCRL",
          "[enrol][case:A1][req:P13][req:P15]") {
  RaBench bench;
  bench.profile = scep::ndes_profile();
  check_refused(bench.send(make_message(query("21"))), "2", "message-type-unsupported");
  check_refused(bench.send(make_message(query("22"))), "2", "message-type-unsupported");
}

TEST_CASE("an RA without CRLs offers no GetCRL", "[enrol][req:P15]") {
  RaBench bench;
  bench.crl_of = nullptr;
  check_refused(bench.send(make_message(query("22"))), "2", "message-type-unsupported");
}

TEST_CASE("GetCert gives a certificate of this RA to whoever names it",
          "[enrol][req:P13][req:P14][req:P16]") {
  RaBench bench;
  const Answered enrolled = bench.send(with_password(bench.password()));
  const CertificatePtr issued = openssl_certificate(enrolled.certificate());
  MessageWish wish = query("21");
  wish.envelope.plaintext = encoded(issuer_and_serial(issued.get()));
  wish.signer = another_device();
  const Answered got = bench.send(make_message(wish), another_device());
  CHECK(got.status == "0");
  CHECK(got.certificate() == enrolled.certificate());
  CHECK(got.events.empty());

  // A certificate of the same CA that this RA has not issued, and the CA's own.
  wish.envelope.plaintext = encoded(issuer_and_serial(bench.ca.certificate()));
  check_refused(bench.send(make_message(wish), another_device()), "4", "certificate-unknown");
}

TEST_CASE("GetCRL gives the CRL of a certificate's issuer, and no certificate",
          "[enrol][req:P15][req:R15]") {
  RaBench bench;
  const Answered enrolled = bench.send(with_password(bench.password()));
  const CertificatePtr issued = openssl_certificate(enrolled.certificate());
  MessageWish wish = query("22");
  wish.envelope.plaintext = encoded(issuer_and_serial(issued.get()));
  const Answered got = bench.send(make_message(wish));
  CHECK(got.status == "0");
  CHECK(got.certificates.empty());
  CHECK(got.crls == std::vector<Buffer>{bench.crl});

  wish.envelope.plaintext = encoded(issuer_and_serial(ra_encryption().certificate));
  check_refused(bench.send(make_message(wish)), "4", "certificate-unknown");
}

TEST_CASE("an EC signer gets no answer to a query, since there is no password",
          "[enrol][req:E10]") {
  RaBench bench;
  MessageWish wish = query("21");
  wish.signer = ec_device();
  check_refused(bench.send(make_message(wish), ec_device()), "0", "reply-undeliverable");
}

TEST_CASE("a query that names nothing is answered as one that does not open",
          "[enrol][case:C7][req:E12][req:M22]") {
  const std::string type = GENERATE("20", "21", "22");
  CAPTURE(type);
  RaBench bench;
  const MessageWish good = query(type);
  const Told expected = told_by(bench.send(make_message(good)));

  MessageWish padding = good;
  padding.envelope.spoil_ciphertext = [](Buffer& ciphertext) { ciphertext.back() ^= 1; };
  CHECK(told_by(bench.send(make_message(padding))) == expected);
  MessageWish block_before = good;
  block_before.envelope.spoil_ciphertext = [](Buffer& all) { all[all.size() - 17] ^= 1; };
  CHECK(told_by(bench.send(make_message(block_before))) == expected);
  MessageWish other_key = good;
  other_key.envelope.content_key = Buffer(16, 0x42);
  CHECK(told_by(bench.send(make_message(other_key))) == expected);
  MessageWish no_query = good;
  no_query.envelope.plaintext = to_buffer(as_bytes("no query"));
  CHECK(told_by(bench.send(make_message(no_query))) == expected);
}

TEST_CASE("a captured request under the type of a query tells nothing, and is not spent",
          "[enrol][case:C7][case:A1]") {
  const std::string type = GENERATE("20", "21", "22");
  CAPTURE(type);
  RaBench bench;
  const std::string password = bench.password();
  const Told expected = told_by(bench.send(make_message(query(type))));
  Ask captured = with_password(password);
  captured.type = type;
  CHECK(told_by(bench.send(message_for(captured))) == expected);
  check_nothing_spent(bench, password);
}

TEST_CASE("a poll is answered unopened", "[enrol][case:C7][req:P5]") {
  RaBench bench;
  const Answered answered = bench.send(make_message(query("20")));
  CHECK(answered.events[0]["stages_us"].contains("verify"));
  CHECK_FALSE(answered.events[0]["stages_us"].contains("decrypt"));
}

// The twin: a request is opened, once.
TEST_CASE("a request for a certificate is opened", "[enrol][case:C7]") {
  RaBench bench;
  const int before = bench.keys.looked_at;
  const Answered answered = bench.send(with_password(bench.password()));
  CHECK(bench.keys.looked_at > before + 1);
  CHECK(answered.events[0]["stages_us"].contains("decrypt"));
}
