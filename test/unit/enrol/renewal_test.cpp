#include "catch.h"
#include "make_ra_bench.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

constexpr Seconds life{3600};

// A device that holds a certificate of this RA, in the last half hour of its life.
class Enrolled {
 public:
  explicit Enrolled(RaBench& bench, Seconds now_in = Seconds{0}) : bench_(bench) {
    bench.templates.templates.at("Device").renewal_period = life / 2;
    Ask first = with_password(bench.password());
    first.transaction = "first";
    hold(bench.send(first));
    bench.clock.advance(now_in);
  }

  // What it asks, signed with the certificate it holds.
  [[nodiscard]] Ask ask(const std::string& type = "17") const {
    Ask wanted;
    wanted.type = type;
    wanted.signer = &party_;
    wanted.transaction = "renewal";
    return wanted;
  }
  void hold(const Answered& answered) {
    REQUIRE(answered.status == "0");
    certificate_ = openssl_certificate(answered.certificate());
    party_ = {certificate_.get(), device().key};
  }
  [[nodiscard]] std::string serial() const {
    return crypto::Certificate::decode(der_of_certificate(certificate_.get()))
        .value()
        .serial_text();
  }

 private:
  RaBench& bench_;
  CertificatePtr certificate_;
  Party party_{};
};

constexpr Seconds in_the_window{2400};

// That somebody else's signature gives no right to a renewal.
void check_stranger(X509* certificate, EVP_PKEY* key) {
  RaBench bench;
  Enrolled enrolled(bench, in_the_window);
  const Party stranger{certificate, key};
  Ask ask = enrolled.ask();
  ask.signer = &stranger;
  const std::string password = bench.password();
  ask.csr.password = password;  // gives no right by itself, and is not spent
  check_refused(bench.send(ask), "2", "renewal-not-allowed");
  CHECK(bench.ca.asked.size() == 1);
  CHECK(bench.unspent_passwords() == 1);
}

}  // namespace

TEST_CASE("a certificate of this RA renews itself without a password, as RenewalReq and as PKCSReq",
          "[enrol][req:N12][req:N13][req:N14][case:A7]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  const std::string type = GENERATE("17", "19");
  RaBench bench(kept);
  Enrolled enrolled(bench, in_the_window);
  const std::string former = enrolled.serial();
  const Answered renewed = bench.send(enrolled.ask(type));
  CHECK(renewed.status == "0");
  CHECK(renewed.certificates.size() == 2);
  REQUIRE(renewed.events.size() == 1);
  CHECK(renewed.events[0]["name"] == "certificate-issued");
  CHECK(renewed.events[0]["detail"] == "renewal of " + former);
  CHECK(bench.ca.asked.size() == 2);

  // A lost answer: the same message gets the same certificate.
  CHECK(bench.send(enrolled.ask(type)).certificate() == renewed.certificate());
  CHECK(bench.ca.asked.size() == 2);
}

TEST_CASE("a device that sends the CSR it enrolled with gets a new certificate",
          "[enrol][req:N15][case:A9]") {
  RaBench bench;
  Enrolled enrolled(bench);
  const std::string first = enrolled.serial();
  Ask again = enrolled.ask("19");
  again.transaction = "first";  // certmonger and scepclient keep it
  bench.clock.advance(in_the_window);
  bench.ca.validity = 7200;
  enrolled.hold(bench.send(again));
  CHECK(enrolled.serial() != first);
  // And the next one with that.
  bench.clock.advance(Seconds{3600});
  bench.ca.validity = 10800;
  CHECK(bench.send(enrolled.ask("19")).status == "0");
  CHECK(bench.ca.asked.size() == 3);
}

TEST_CASE("a password sent along with a renewal is not spent", "[enrol][req:N14][case:A7]") {
  RaBench bench;
  Enrolled enrolled(bench, in_the_window);
  Ask ask = enrolled.ask(GENERATE("17", "19"));
  ask.csr.password = GENERATE("wrong", "");
  if (ask.csr.password.empty()) ask.csr.password = bench.password();
  const std::size_t before = bench.unspent_passwords();
  CHECK(bench.send(ask).status == "0");
  CHECK(bench.unspent_passwords() == before);
}

TEST_CASE("a stranger's certificate renews nothing", "[enrol][case:A7][req:N5][req:N13]") {
  EVP_PKEY* key = key_of("stranger");
  SECTION("self-signed") {
    const CertificatePtr own = make_certificate({.key = key, .common_name = "device-1"});
    check_stranger(own.get(), key);
  }
  SECTION("of a CA with the issuer's name but another key") {
    const CertificatePtr forged_ca =
        make_certificate({.key = key_of("forged CA"), .common_name = "Stub CA"});
    const CertificatePtr forged = make_certificate({.key = key,
                                                    .common_name = "device-1",
                                                    .issuer = forged_ca.get(),
                                                    .issuer_key = key_of("forged CA")});
    check_stranger(forged.get(), key);
  }
  SECTION("of the CA, but not by way of this RA") {
    RaBench other;
    const CertificatePtr elsewhere = make_certificate({.key = key,
                                                       .common_name = "device-1",
                                                       .issuer = other.ca.certificate(),
                                                       .issuer_key = stub_ca_key(),
                                                       .serial = "4711"});
    check_stranger(elsewhere.get(), key);
  }
  SECTION("of the CA, with the serial number of one that this RA has issued") {
    RaBench other;
    const CertificatePtr twin = make_certificate({.key = key,
                                                  .common_name = "device-1",
                                                  .issuer = other.ca.certificate(),
                                                  .issuer_key = stub_ca_key(),
                                                  .serial = "101"});
    check_stranger(twin.get(), key);
  }
}

TEST_CASE("renewal is for the last part of life only", "[enrol][case:A7][req:N17]") {
  RaBench bench;
  Enrolled enrolled(bench);
  const std::string type = GENERATE("17", "19");
  CHECK(bench.ca.asked.size() == 1);
  SECTION("too early") {
    check_refused(bench.send(enrolled.ask(type)), "2", "renewal-too-early");
    bench.clock.advance(life / 2 + Seconds{5});
    CHECK(bench.send(enrolled.ask(type)).status == "0");
  }
  SECTION("expired") {
    bench.clock.advance(life + Seconds{5});
    check_refused(bench.send(enrolled.ask(type)), "2", "certificate-expired");
  }
  SECTION("the template offers none") {
    bench.templates.templates.at("Device").renewal_period = Seconds{0};
    bench.clock.advance(in_the_window);
    check_refused(bench.send(enrolled.ask(type)), "2", "renewal-not-allowed");
  }
  SECTION("the template is gone") {
    policy::Template other = bench.templates.templates.at("Device");
    other.name = "Other";
    bench.templates.templates = {{"Other", other}};
    bench.templates.signature = bench.templates.encryption = bench.templates.general_purpose =
        "Other";
    bench.clock.advance(in_the_window);
    check_refused(bench.send(enrolled.ask(type)), "2", "renewal-not-allowed");
  }
}

TEST_CASE("a certificate that is not yet valid, or not for signatures, renews nothing",
          "[enrol][case:A7]") {
  RaBench bench;
  SECTION("not yet valid") {
    bench.ca.valid_from = 3000;
    bench.ca.validity = 6000;
    Enrolled enrolled(bench, in_the_window);
    bench.templates.templates.at("Device").renewal_period = Seconds{6000};
    check_refused(bench.send(enrolled.ask()), "2", "renewal-not-allowed");
  }
  SECTION("for encryption only") {
    bench.ca.extensions = {{"keyUsage", "critical,keyEncipherment"}};
    Enrolled enrolled(bench, in_the_window);
    check_refused(bench.send(enrolled.ask()), "2", "renewal-not-allowed");
  }
  SECTION("the twin: for signatures") {
    bench.ca.extensions = {{"keyUsage", "critical,digitalSignature"}};
    Enrolled enrolled(bench, in_the_window);
    CHECK(bench.send(enrolled.ask()).status == "0");
  }
}

TEST_CASE("a renewal keeps the names", "[enrol][case:A8]") {
  RaBench bench;
  bench.ca.extensions = {{"subjectAltName", "DNS:a.example,DNS:b.example"}};
  Enrolled enrolled(bench, in_the_window);
  Ask ask = enrolled.ask();
  const auto with_names = [&](const std::string& names) {
    ask.csr.extensions = {{"subjectAltName", names}};
    return bench.send(ask);
  };
  ask.csr.common_name = "Device-1";
  check_refused(with_names("DNS:a.example,DNS:b.example"), "2", "renewal-name-changed");
  ask.csr.common_name = "device-1 ";
  check_refused(with_names("DNS:a.example,DNS:b.example"), "2", "renewal-name-changed");
  ask.csr.common_name = "device-1";
  check_refused(with_names("DNS:a.example,DNS:b.example,DNS:c.example"), "2",
                "renewal-name-changed");
  check_refused(with_names("DNS:a.example"), "2", "renewal-name-changed");
  check_refused(with_names("DNS:b.example,DNS:a.example"), "2", "renewal-name-changed");
  ask.csr.extensions.clear();
  check_refused(bench.send(ask), "2", "renewal-name-changed");
  CHECK(bench.ca.asked.size() == 1);
  CHECK(with_names("DNS:a.example,DNS:b.example").status == "0");
}

TEST_CASE("PKCSReq with another name and a password is a first request",
          "[enrol][case:A8][req:N20]") {
  RaBench bench;
  Enrolled enrolled(bench, in_the_window);
  Ask ask = enrolled.ask("19");
  ask.csr.common_name = "another name";
  ask.csr.password = "wrong";
  check_refused(bench.send(ask), "2", "password-unknown");
  ask.csr.password = bench.password();
  CHECK(bench.send(ask).status == "0");
  CHECK(bench.unspent_passwords() == 0);
}

TEST_CASE("one certificate authorises three renewals", "[enrol][case:A9]") {
  const Kept kept = GENERATE(Kept::in_memory, Kept::in_sqlite);
  RaBench bench(kept);
  Enrolled enrolled(bench, in_the_window);
  for (const std::string key : {"second", "third", "fourth"}) {
    Ask ask = enrolled.ask();
    ask.transaction = key;
    ask.csr.key = key_of(key);
    CHECK(bench.send(ask).status == "0");
    CHECK(bench.send(ask).status == "0");  // the same again counts once
  }
  Ask fifth = enrolled.ask();
  fifth.csr.key = key_of("fifth");
  const Answered refused = bench.send(fifth);
  check_refused(refused, "2", "renewed-too-often");
  CHECK(refused.events[0]["microsoft_id"] == 28);
  CHECK(bench.ca.asked.size() == 4);
}

TEST_CASE("a renewal that the store cannot answer is to come again", "[enrol][case:A2][case:F3]") {
  RaBench bench;
  Enrolled enrolled(bench, in_the_window);
  bench.store.faults.certificate =
      Error{Errc::unavailable, Reason::store_unavailable, "a test's fault"};
  check_unavailable(bench.send(enrolled.ask()), 112, "store-unavailable");
  CHECK(bench.ca.asked.size() == 1);
  bench.store.faults.certificate.reset();
  CHECK(bench.send(enrolled.ask()).status == "0");
}
