#include "catch.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

using Events = std::vector<std::string>;

namespace {

// The device's request, won with a password made for it.
Claim win(StateStore& store, std::string_view device, std::string_view secret) {
  REQUIRE(store.add_password(password(secret), 0, event("password")));
  const Claim won = claim(device, secret);
  REQUIRE(is<ClaimWon>(store.spend_and_claim(won)));
  return won;
}

// That request, but under another transactionID and another signer key.
Claim wrapped_anew(Claim claim) {
  claim.key.transaction_id = "another wrapper";
  claim.key.signer_key_hash = hash_of("another signer");
  return claim;
}

}  // namespace

TEMPLATE_TEST_CASE("the same message again gets the same certificate",
                   "[store][req:P7][req:P12][case:R1]", InMemory, InSqlite) {
  TestType kept;
  const Claim won = win(kept.store, "device", "secret");
  REQUIRE(kept.store.record_issue(issue(won, "0a"), event("certificate 0a")));

  const auto now = kept.store.find_request(won.key);
  CHECK(serial_in(now) == "0a");
  CHECK(std::get<IssuedCertificate>(*now).certificate == issue(won, "0a").issued.certificate);

  kept.clock.advance(24h);
  kept.store.purge();
  CHECK(serial_in(kept.store.find_request(won.key)) == "0a");
  CHECK(serial_in(kept.store.spend_and_claim(won)) == "0a");
}

TEMPLATE_TEST_CASE("the same request in another wrapper gets the same certificate",
                   "[store][req:P10]", InMemory, InSqlite) {
  TestType kept;
  const Claim won = win(kept.store, "device", "secret");
  REQUIRE(kept.store.record_issue(issue(won, "0a"), event("certificate")));
  const Claim again = wrapped_anew(won);

  // Not by its wrapper, which anybody can make, but by its password.
  CHECK(is<Unknown>(kept.store.find_request(again.key)));
  CHECK(*kept.store.password_usable(again.password_mac, again.key.csr_info_hash));
  CHECK(serial_in(kept.store.spend_and_claim(again)) == "0a");

  REQUIRE(kept.store.add_password(password("fresh"), 0, event("password")));
  Claim other_password = again;
  other_password.password_mac = hash_of("fresh");
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(other_password)));
  CHECK(*kept.store.password_usable(hash_of("fresh"), hash_of("csr other")));
}

TEMPLATE_TEST_CASE("a claim without outcome lasts five seconds and no microsecond less",
                   "[store][req:P11][case:F1]", InMemory, InSqlite) {
  TestType kept;
  const Claim won = win(kept.store, "device", "secret");

  CHECK(is<Claimed>(kept.store.find_request(won.key)));
  CHECK(is<Claimed>(kept.store.spend_and_claim(won)));
  CHECK(is<Claimed>(kept.store.spend_and_claim(wrapped_anew(won))));

  kept.clock.advance(5s - 1us);
  CHECK(is<Claimed>(kept.store.find_request(won.key)));
  CHECK(is<Claimed>(kept.store.spend_and_claim(won)));

  kept.clock.advance(1us);
  CHECK(is<Unknown>(kept.store.find_request(won.key)));
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(won)));
  CHECK(is<Claimed>(kept.store.spend_and_claim(won)));
}

TEMPLATE_TEST_CASE("a worker that comes back late records no second certificate",
                   "[store][case:F1]", InMemory, InSqlite) {
  TestType kept;
  const Claim slow = win(kept.store, "device", "secret");
  kept.clock.advance(6s);

  SECTION("nobody took over: its certificate counts") {
    CHECK(kept.store.record_issue(issue(slow, "0a"), event("certificate")));
    CHECK(serial_in(kept.store.find_request(slow.key)) == "0a");
  }
  SECTION("another took over in the same wrapper and was done first") {
    REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(slow)));
    REQUIRE(kept.store.record_issue(issue(slow, "0b"), event("certificate 0b")));

    const Status late = kept.store.record_issue(issue(slow, "0a"), event("certificate 0a"));
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Errc::unavailable);
    CHECK(late.error().reason == Reason::request_in_progress);
    CHECK(serial_in(kept.store.find_request(slow.key)) == "0b");
    CHECK(kept.events() == Events{"password", "certificate 0b"});
  }
  SECTION("another took over in another wrapper") {
    const Claim other = wrapped_anew(slow);
    REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(other)));

    CHECK_FALSE(kept.store.record_issue(issue(slow, "0a"), event("certificate 0a")));
    CHECK(kept.store.record_issue(issue(other, "0b"), event("certificate 0b")));
    CHECK(serial_in(kept.store.spend_and_claim(slow)) == "0b");
  }
}

TEMPLATE_TEST_CASE("nobody disturbs a transaction whose transactionID he knows",
                   "[store][req:P9][req:M11][case:R4]", InMemory, InSqlite) {
  TestType kept;
  const Claim owner = win(kept.store, "owner", "secret");
  REQUIRE(kept.store.add_password(password("other"), 0, event("password")));
  Claim thief = claim("thief", "other");
  thief.key.transaction_id = owner.key.transaction_id;
  RequestKey captured = owner.key;  // the owner's CSR, signed with the thief's key
  captured.signer_key_hash = thief.key.signer_key_hash;

  CHECK(is<OtherOpen>(kept.store.find_request(thief.key)));
  CHECK(is<Claimed>(kept.store.find_request(captured)));
  CHECK(is<OtherOpen>(kept.store.spend_and_claim(thief)));
  CHECK(*kept.store.password_usable(hash_of("other"), thief.key.csr_info_hash));
  CHECK(is<Claimed>(kept.store.find_request(owner.key)));

  SECTION("once it is issued the owner has his certificate and the ID may begin anew") {
    REQUIRE(kept.store.record_issue(issue(owner, "0a"), event("certificate")));
    CHECK(is<Unknown>(kept.store.find_request(captured)));
    CHECK(is<ClaimWon>(kept.store.spend_and_claim(thief)));
    CHECK(serial_in(kept.store.find_request(owner.key)) == "0a");
  }
  SECTION("once it was refused the ID may begin anew") {
    REQUIRE(kept.store.release_claim(owner.key, event("denied")));
    CHECK(is<Unknown>(kept.store.find_request(thief.key)));
    CHECK(is<ClaimWon>(kept.store.spend_and_claim(thief)));
  }
  SECTION("once its claim ran out the ID may begin anew") {
    kept.clock.advance(5s);
    CHECK(is<Unknown>(kept.store.find_request(thief.key)));
    CHECK(is<ClaimWon>(kept.store.spend_and_claim(thief)));
  }
}

TEMPLATE_TEST_CASE("an expired certificate is not delivered again", "[store][case:R1]", InMemory,
                   InSqlite) {
  TestType kept;
  const Claim bought = win(kept.store, "bought", "secret");
  REQUIRE(kept.store.record_issue(issue(bought, "0a"), event("certificate")));
  const Claim free = open_claim("free");
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(free)));
  REQUIRE(kept.store.record_issue(issue(free, "0b"), event("certificate")));
  CHECK(serial_in(kept.store.find_request(bought.key)) == "0a");
  CHECK(serial_in(kept.store.find_request(free.key)) == "0b");

  kept.clock.advance(issue(bought, "0a").not_after - kept.clock.seconds());
  CHECK(is<Unknown>(kept.store.find_request(bought.key)));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(bought)));
  CHECK(is<Unknown>(kept.store.find_request(free.key)));
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(free)));
  REQUIRE(kept.store.record_issue(issue(free, "0c"), event("certificate")));
}

TEMPLATE_TEST_CASE("transactionIDs are compared octet by octet", "[store][req:M11]", InMemory,
                   InSqlite) {
  using namespace std::string_literals;
  TestType kept;
  const std::string held = GENERATE(""s, "ABC"s, "a\0b"s, "it's; DROP TABLE request"s, "\xff\xfe"s);
  Claim first = open_claim("first");
  first.key.transaction_id = held;
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(first)));
  CHECK(is<Claimed>(kept.store.find_request(first.key)));

  Claim second = open_claim("second");
  second.key.transaction_id = held;
  CHECK(is<OtherOpen>(kept.store.spend_and_claim(second)));
  second.key.transaction_id = "abc";
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(second)));
  Claim third = open_claim("third");
  third.key.transaction_id = "a";
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(third)));
}

TEMPLATE_TEST_CASE("a request that the CA refused may be repeated with its password, no other",
                   "[store][req:N8][case:R5]", InMemory, InSqlite) {
  TestType kept;
  const Claim refused = win(kept.store, "device", "secret");
  REQUIRE(kept.store.release_claim(refused.key, event("denied")));

  CHECK(is<Unknown>(kept.store.find_request(refused.key)));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("other", "secret"))));
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(wrapped_anew(refused))));
  CHECK(kept.events() == Events{"password", "denied"});
}

TEMPLATE_TEST_CASE("a refusal that comes after the certificate changes nothing", "[store]",
                   InMemory, InSqlite) {
  TestType kept;
  const Claim won = win(kept.store, "device", "secret");
  REQUIRE(kept.store.record_issue(issue(won, "0a"), event("certificate")));

  CHECK(kept.store.release_claim(won.key, event("denied")));
  CHECK(serial_in(kept.store.find_request(won.key)) == "0a");
  CHECK(kept.events() == Events{"password", "certificate", "denied"});
}

TEMPLATE_TEST_CASE("a certificate is recorded for a claim only", "[store]", InMemory, InSqlite) {
  TestType kept;
  const Claim released = win(kept.store, "released", "secret");
  REQUIRE(kept.store.release_claim(released.key, event("denied")));

  CHECK_FALSE(kept.store.record_issue(issue(released, "0a"), event("certificate")));
  CHECK_FALSE(kept.store.record_issue(issue(claim("never", "seen"), "0a"), event("certificate")));
  CHECK(kept.events() == Events{"password", "denied"});
}

TEMPLATE_TEST_CASE("no serial number is recorded twice", "[store]", InMemory, InSqlite) {
  TestType kept;
  const Claim first = win(kept.store, "first", "one");
  const Claim second = win(kept.store, "second", "two");
  REQUIRE(kept.store.record_issue(issue(first, "0a"), event("first")));

  const Status twice = kept.store.record_issue(issue(second, "0a"), event("second"));
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == Errc::internal);
  CHECK(is<Claimed>(kept.store.find_request(second.key)));
  CHECK(kept.store.record_issue(issue(second, "0b"), event("second")));
  CHECK(kept.events() == Events{"password", "password", "first", "second"});
}

TEMPLATE_TEST_CASE("open enrolment needs no password and issues once", "[store][case:A3]", InMemory,
                   InSqlite) {
  TestType kept;
  const Claim won = open_claim("device");
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(won)));
  REQUIRE(kept.store.record_issue(issue(won, "0a"), event("certificate")));

  CHECK(serial_in(kept.store.find_request(won.key)) == "0a");
  CHECK(serial_in(kept.store.spend_and_claim(wrapped_anew(won))) == "0a");
}

TEMPLATE_TEST_CASE("a clock set back by an hour stops no device for an hour", "[store][case:F6]",
                   InMemory, InSqlite) {
  TestType kept;
  const Claim won = win(kept.store, "device", "secret");

  kept.clock.advance(-1s);
  CHECK(is<Claimed>(kept.store.spend_and_claim(won)));
  kept.clock.advance(-1h);
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(won)));
}

TEMPLATE_TEST_CASE("events are kept in the order in which they happened", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  CHECK(kept.store.record_event(event("started")));
  CHECK(kept.store.probe());
  CHECK(kept.store.record_event(event("stopped")));
  CHECK(kept.events() == Events{"started", "stopped"});
}

TEST_CASE("a store that is not open answers nothing", "[store][case:F3]") {
  ManualClock clock;
  TemporaryFolder folder;
  MemoryStore in_memory(clock);
  const auto in_sqlite =
      make_state_store("sqlite:" + (folder.path() / "state.db").string(), "ra", clock);
  REQUIRE(in_sqlite);
  const bool memory = GENERATE(true, false);
  StateStore& store = memory ? static_cast<StateStore&>(in_memory) : **in_sqlite;
  const Claim wanted = claim("device", "secret");

  CHECK(is_unavailable(store.probe()));
  CHECK(is_unavailable(store.record_event(event("started"))));
  CHECK(is_unavailable(store.add_password(password("secret"), 0, event("issued"))));
  CHECK(is_unavailable(store.password_usable(wanted.password_mac, wanted.key.csr_info_hash)));
  CHECK(is_unavailable(store.outstanding_passwords()));
  CHECK(is_unavailable(store.revoke_passwords("", event("revoked"))));
  CHECK(is_unavailable(store.find_request(wanted.key)));
  CHECK(is_unavailable(store.spend_and_claim(wanted)));
  CHECK(is_unavailable(store.record_issue(issue(wanted, "0a"), event("certificate"))));
  CHECK(is_unavailable(store.release_claim(wanted.key, event("denied"))));
  store.purge();
  CHECK(std::filesystem::is_empty(folder.path()));

  CHECK(store.open());
  CHECK(store.open());
  CHECK(store.probe());
}
