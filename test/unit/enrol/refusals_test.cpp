#include "base/hex.h"
#include "catch.h"
#include "make_certificate.h"
#include "make_ra_bench.h"
#include "scep/judge.h"

using namespace scep_ra;
using namespace scep_ra::test;
using namespace std::chrono_literals;

namespace {

// That the request is refused so, and its password is as good as before.
void check_refused_for(const std::function<void(Ask&)>& change, const std::string& fail_info,
                       const std::string& reason) {
  RaBench bench;
  const std::string password = bench.password();
  Ask ask = with_password(password);
  change(ask);
  check_refused(bench.send(ask), fail_info, reason);
  check_nothing_spent(bench, password);
}

}  // namespace

TEST_CASE("without a password, or with a wrong one, nobody enrols",
          "[enrol][case:A3][case:A5][req:N5][req:N11][req:S5]") {
  check_refused_for([](Ask& ask) { ask.csr.password = ""; }, "2", "password-missing");
  check_refused_for([](Ask& ask) { ask.csr.password = "0123456789ABCDEF"; }, "2",
                    "password-unknown");
  check_refused_for([](Ask& ask) { ask.csr.password += " "; }, "2", "password-unknown");
  check_refused_for([](Ask& ask) { ask.csr.password.pop_back(); }, "2", "password-unknown");
  check_refused_for([](Ask& ask) { ask.csr.password[0] = 'x'; }, "2", "password-unknown");
}

TEST_CASE("a password that is expired or spent is as unknown as any other",
          "[enrol][case:A5][req:F3]") {
  RaBench bench;
  const std::string password = bench.password();
  bench.clock.advance(60min);
  const Answered expired = bench.send(with_password(password));
  check_refused(expired, "2", "password-unknown");
  CHECK(expired.events[0]["name"] == "challenge-rejected");

  const std::string fresh = bench.password();
  CHECK(bench.send(with_password(fresh)).status == "0");
  Ask other = with_password(fresh, "another device");
  other.transaction = "transaction-2";
  const Answered spent = bench.send(other);
  check_refused(spent, "2", "password-unknown");
  CHECK(bench.ca.asked.size() == 1);
}

TEST_CASE("a device whose answer nobody could decrypt is refused before the CA is asked",
          "[enrol][req:E10]") {
  RaBench bench;
  bench.challenge = &bench.no_challenge;
  Ask ask;
  ask.signer = &ec_device();
  ask.csr.key = ec_device().key;
  check_refused(bench.send(ask), "0", "reply-undeliverable");
  CHECK(bench.ca.asked.empty());
}

TEST_CASE("an EC key in the CSR is no hindrance when the signer's is RSA", "[enrol][req:E10]") {
  RaBench bench;
  Ask ask = with_password(bench.password());
  ask.csr.key = ec_device().key;
  CHECK(bench.send(ask).status == "0");
}

TEST_CASE("a device with an EC key decrypts its certificate with its password", "[enrol][req:E9]") {
  RaBench bench;
  Ask ask = with_password(bench.password());
  ask.signer = &ec_device();
  ask.csr.key = ec_device().key;
  const Answered answered = bench.send(ask);
  CHECK(answered.status == "0");
  CHECK(answered.certificates.size() == 2);
  CHECK(bench.send(ask).certificate() == answered.certificate());
}

TEST_CASE("nobody gets a certificate for a key of the RA or the CA", "[enrol][case:C11]") {
  check_refused_for([](Ask& ask) { ask.csr.key = ra_signing().key; }, "0", "key-is-ra-key");
  check_refused_for([](Ask& ask) { ask.csr.key = ra_encryption().key; }, "0", "key-is-ra-key");
  check_refused_for([](Ask& ask) { ask.csr.key = stub_ca_key(); }, "0", "key-is-ra-key");
}

TEST_CASE("nobody gets a certificate with a key that is blocked", "[enrol][case:C11]") {
  RaBench bench;
  const std::string password = bench.password();
  Ask ask = with_password(password);
  const Buffer info = der_of(device().key, i2d_PUBKEY);
  const Buffer fingerprint = library()->digest(crypto::Digest::sha256, info);
  REQUIRE(bench.blocked_keys.add(hex_lower(fingerprint), "list"));
  check_refused(bench.send(ask), "0", "key-not-allowed");
  ask.csr.key = ec_device().key;  // the signer's is the blocked one
  check_refused(bench.send(ask), "0", "key-not-allowed");
  bench.blocked_keys = {};
  check_nothing_spent(bench, password);
}

TEST_CASE("what the template does not allow is refused, the password kept",
          "[enrol][case:A10][case:A11][req:N18][req:N19]") {
  check_refused_for([](Ask& ask) { ask.csr.key = key_of("short", "rsa:1024"); }, "0",
                    "key-too-short");
  check_refused_for([](Ask& ask) { ask.csr.common_name = ""; }, "2", "subject-missing");
  check_refused_for([](Ask& ask) { ask.csr.extensions = {{"subjectAltName", "email:a@b.test"}}; },
                    "2", "san-not-allowed");
  check_refused_for([](Ask& ask) { ask.csr.extensions = {{"keyUsage", "keyCertSign"}}; }, "2",
                    "key-usage-not-allowed");
  check_refused_for([](Ask& ask) { ask.csr.extensions = {{"basicConstraints", "CA:TRUE"}}; }, "2",
                    "extension-not-allowed");
}

TEST_CASE("a CSR signed with a digest that is off is refused", "[enrol][case:C5][req:E6]") {
  check_refused_for([](Ask& ask) { ask.csr.digest = "MD5"; }, "0", "algorithm-not-allowed");
  RaBench bench;
  Ask ask = with_password(bench.password());
  ask.csr.digest = "SHA1";
  CHECK(bench.send(ask).status == "0");
}

TEST_CASE("a CSR whose signature is wrong gets the answer of an envelope that does not open",
          "[enrol][case:C2][case:C6][req:N2][req:E12]") {
  RaBench bench;
  const std::string password = bench.password();
  MessageWish wish = wish_for(with_password(password));
  wish.envelope.plaintext.back() ^= 1;
  const Answered forged = bench.send(make_message(wish));
  check_refused(forged, "1", "envelope-unreadable");

  wish.envelope.plaintext = to_buffer(as_bytes("no request at all"));
  const Answered no_csr = bench.send(make_message(wish));
  check_refused(no_csr, "1", "envelope-unreadable");
  wish.envelope.spoil_ciphertext = [](Buffer& ciphertext) { ciphertext.back() ^= 1; };
  const Answered no_padding = bench.send(make_message(wish));
  check_refused(no_padding, "1", "envelope-unreadable");

  for (const Answered* other : {&no_csr, &no_padding}) {
    CHECK(other->events[0]["detail"] == forged.events[0]["detail"]);
    CHECK(other->events[0]["id"] == forged.events[0]["id"]);
    CHECK(other->outcome.cert_rep->size() == forged.outcome.cert_rep->size());
  }
  check_nothing_spent(bench, password);
}

TEST_CASE("renewal is refused, whatever password comes along",
          "[enrol][case:A1][case:A3][req:N6][req:N13]") {
  check_refused_for([](Ask& ask) { ask.type = "17"; }, "2", "renewal-not-allowed");
  check_refused_for(
      [](Ask& ask) {
        ask.type = "17";
        ask.csr.password = "";
      },
      "2", "renewal-not-allowed");
}

TEST_CASE("renewal is refused with open enrolment, too", "[enrol][case:A1][case:A3][req:N6]") {
  RaBench bench;
  bench.challenge = &bench.no_challenge;
  check_refused(bench.send(Ask{.type = "17"}), "2", "renewal-not-allowed");
  CHECK(bench.ca.asked.empty());
  CHECK(bench.send(Ask{}).status == "0");
}

TEST_CASE("a type that is no request is refused, whatever the message holds",
          "[enrol][case:A1][req:M9]") {
  const std::string type = GENERATE("0", "1", "3", "18", "23", "99");
  CAPTURE(type);
  check_refused_for([&](Ask& ask) { ask.type = type; }, "2", "message-type-unknown");
}

TEST_CASE("with open enrolment a device enrols without a password, a key of ours still not",
          "[enrol][case:A3]") {
  RaBench bench;
  bench.challenge = &bench.no_challenge;
  Ask ask;
  ask.csr.key = ra_encryption().key;
  check_refused(bench.send(ask), "0", "key-is-ra-key");
  CHECK(bench.ca.asked.empty());
  CHECK(bench.send(Ask{}).status == "0");
}
