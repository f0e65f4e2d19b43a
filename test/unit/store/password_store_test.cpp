#include <thread>

#include "catch.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

using Events = std::vector<std::string>;

TEMPLATE_TEST_CASE("a password works until the second in which its validity ends",
                   "[store][case:A5]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.ready);
  REQUIRE(kept.store.add_password(password("early", 60s), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("late", 60s), 0, event("issued")));

  kept.clock.advance(59s);
  CHECK(*kept.store.password_usable(hash_of("early"), hash_of("csr a")));
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("a", "early"))));

  kept.clock.advance(1s);
  CHECK_FALSE(*kept.store.password_usable(hash_of("late"), hash_of("csr b")));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("b", "late"))));
}

TEMPLATE_TEST_CASE("a one-time password enrols one device only", "[store][req:N7][case:A5]",
                   InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));

  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("first", "secret"))));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("other", "secret"))));
  CHECK_FALSE(*kept.store.password_usable(hash_of("secret"), hash_of("csr other")));
}

TEMPLATE_TEST_CASE("passwords that were never made, revoked or spent are refused alike",
                   "[store][case:A5]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("good"), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("gone"), 0, event("issued")));
  REQUIRE(kept.store.revoke_passwords("676f6e655a5a5a5a", event("revoked")) == 1U);

  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("a", "never"))));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("b", "gone"))));
  CHECK_FALSE(*kept.store.password_usable(hash_of("never"), hash_of("csr a")));
  CHECK_FALSE(*kept.store.password_usable(hash_of("gone"), hash_of("csr b")));
  CHECK(*kept.store.password_usable(hash_of("good"), hash_of("csr c")));
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("c", "good"))));
}

TEMPLATE_TEST_CASE("a refused request is not known afterwards", "[store]", InMemory, InSqlite) {
  TestType kept;
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("a", "never"))));
  CHECK(is<Unknown>(kept.store.find_request(request("a"))));
  CHECK_FALSE(kept.store.record_issue(issue(claim("a", "never"), "01"), event("certificate")));
}

TEMPLATE_TEST_CASE("a spent password stays good for its own request after it expired",
                   "[store][req:N8][case:R5]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("secret", 60s), 0, event("issued")));
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "secret"))));

  kept.clock.advance(2h);
  kept.store.purge();

  CHECK(*kept.store.password_usable(hash_of("secret"), hash_of("csr device")));
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "secret"))));
  CHECK_FALSE(*kept.store.password_usable(hash_of("secret"), hash_of("csr other")));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("other", "secret"))));
}

TEMPLATE_TEST_CASE("an empty MAC is no password", "[store][case:A3]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(open_claim("device"))));
  CHECK_FALSE(*kept.store.password_usable({}, hash_of("csr device")));
}

TEMPLATE_TEST_CASE("no more passwords are outstanding than the maximum", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("one", 60s), 2, event("issued one")));
  REQUIRE(kept.store.add_password(password("two"), 2, event("issued two")));

  const Status third = kept.store.add_password(password("three"), 2, event("issued three"));
  REQUIRE_FALSE(third);
  CHECK(third.error().code == Errc::denied);
  CHECK(third.error().reason == Reason::password_cache_full);
  CHECK(kept.events() == Events{"issued one", "issued two"});
  CHECK_FALSE(*kept.store.password_usable(hash_of("three"), hash_of("csr a")));

  SECTION("one expires and makes room") {
    kept.clock.advance(60s);
    CHECK(kept.store.add_password(password("three"), 2, event("issued three")));
  }
  SECTION("one is spent and makes room") {
    REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "two"))));
    CHECK(kept.store.add_password(password("three"), 2, event("issued three")));
  }
  SECTION("one is revoked and makes room") {
    REQUIRE(kept.store.revoke_passwords("", event("revoked")) == 2U);
    CHECK(kept.store.add_password(password("three"), 2, event("issued three")));
  }
  SECTION("a maximum of 0 is no maximum") {
    CHECK(kept.store.add_password(password("three"), 0, event("issued three")));
  }
}

TEMPLATE_TEST_CASE("the maximum holds when many administrators ask at once", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  std::atomic<int> added = 0;
  std::atomic<int> full = 0;
  const auto ask = [&](int number) {
    const Status status =
        kept.store.add_password(password("p" + std::to_string(number)), 5, event("issued"));
    if (status)
      ++added;
    else if (status.error().reason == Reason::password_cache_full)
      ++full;
  };
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < 64; ++number) threads.emplace_back(ask, number);
  }
  CHECK(added == 5);
  CHECK(full == 59);
  CHECK(kept.store.outstanding_passwords()->size() == 5);
  CHECK(kept.events().size() == 5);
}

TEMPLATE_TEST_CASE("the list shows outstanding passwords and who fetched them", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  const Time start = kept.clock.seconds();
  REQUIRE(kept.store.add_password(password("spent"), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("short", 10s), 0, event("issued")));
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "spent"))));
  kept.clock.advance(10s);
  REQUIRE(kept.store.add_password(password("zulu"), 0, event("issued")));
  kept.clock.advance(1s);
  REQUIRE(kept.store.add_password(password("alfa"), 0, event("issued")));

  const auto listed = kept.store.outstanding_passwords();

  REQUIRE(listed);
  REQUIRE(listed->size() == 2);
  CHECK(listed->front().id == "7a756c755a5a5a5a");
  CHECK(listed->front().user == "user of zulu");
  CHECK(listed->front().created == start + 10s);
  CHECK(listed->front().expires == start + 10s + 1h);
  CHECK(listed->back().user == "user of alfa");
}

TEMPLATE_TEST_CASE("an administrator revokes one password or all", "[store]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("one"), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("two"), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("spent"), 0, event("issued")));
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "spent"))));

  SECTION("one, by the id in the list") {
    CHECK(kept.store.revoke_passwords("6f6e655a5a5a5a5a", event("revoked")) == 1U);
    CHECK(kept.store.outstanding_passwords()->size() == 1);
    CHECK(kept.events().back() == "revoked");
  }
  SECTION("all") {
    CHECK(kept.store.revoke_passwords("", event("revoked")) == 2U);
    CHECK(kept.store.outstanding_passwords()->empty());
    CHECK(kept.events().back() == "revoked");
  }
  SECTION("an id that is not there revokes none, and no event says so") {
    CHECK(kept.store.revoke_passwords("0123456789abcdef", event("revoked")) == 0U);
    CHECK(kept.events().back() == "issued");
  }
  SECTION("the request for which one was spent may still be repeated") {
    REQUIRE(kept.store.revoke_passwords("", event("revoked")) == 2U);
    CHECK(*kept.store.password_usable(hash_of("spent"), hash_of("csr device")));
  }
}

TEMPLATE_TEST_CASE("the same password is never made twice", "[store]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("secret", 60s), 0, event("first")));

  const Status again = kept.store.add_password(password("secret", 2h), 0, event("second"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Errc::internal);
  CHECK(kept.events() == Events{"first"});
  kept.clock.advance(61s);
  CHECK_FALSE(*kept.store.password_usable(hash_of("secret"), hash_of("csr a")));
}

TEMPLATE_TEST_CASE("housekeeping removes expired passwords and no others", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  for (int number = 0; number < 450; ++number)
    REQUIRE(
        kept.store.add_password(password("p" + std::to_string(number), 60s), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("long", 2h), 0, event("issued")));

  kept.clock.advance(60s);
  kept.store.purge();

  CHECK(kept.store.outstanding_passwords()->size() == 1);
  kept.clock.advance(-60s);  // had they only expired, a clock set back would bring them back
  CHECK(kept.store.outstanding_passwords()->size() == 1);
}

TEMPLATE_TEST_CASE("a new password buries the expired ones, though the clock is set back",
                   "[store][case:F6]", InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("expired", 60s), 0, event("issued")));
  kept.clock.advance(60s);
  REQUIRE(kept.store.add_password(password("new", 2h), 0, event("issued")));
  kept.clock.advance(-60s);
  CHECK(kept.store.outstanding_passwords()->size() == 1);
  CHECK_FALSE(*kept.store.password_usable(hash_of("expired"), hash_of("csr a")));
  CHECK(is<PasswordSpent>(kept.store.spend_and_claim(claim("a", "expired"))));
}
