#include <barrier>
#include <mutex>
#include <thread>

#include "catch.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

namespace {

constexpr int takers = 64;

struct Tally {
  std::atomic<int> won = 0, spent = 0, claimed = 0, issued = 0, other = 0;

  void count(const Result<ClaimOutcome>& outcome) {
    if (is<ClaimWon>(outcome))
      ++won;
    else if (is<PasswordSpent>(outcome))
      ++spent;
    else if (is<Claimed>(outcome))
      ++claimed;
    else if (is<IssuedCertificate>(outcome))
      ++issued;
    else
      ++other;
  }
};

// All at the same moment, each in a thread of its own.
template <class Act>
void all_at_once(const Act& act) {
  std::barrier start(takers);
  std::vector<std::jthread> threads;
  for (int number = 0; number < takers; ++number)
    threads.emplace_back([&, number] {
      start.arrive_and_wait();
      act(number);
    });
}

}  // namespace

TEMPLATE_TEST_CASE("of 64 devices with one password exactly one enrols", "[store][req:N8][case:R2]",
                   InMemory, InSqlite) {
  TestType kept;
  for (int round = 0; round < 20; ++round) {
    const std::string secret = "round " + std::to_string(round);
    REQUIRE(kept.store.add_password(password(secret), 0, event("issued")));
    Tally tally;
    all_at_once([&](int number) {
      tally.count(kept.store.spend_and_claim(claim(secret + "/" + std::to_string(number), secret)));
    });
    CHECK(tally.won == 1);
    CHECK(tally.spent == takers - 1);
  }
}

TEMPLATE_TEST_CASE("of 64 copies of one request exactly one goes to the CA", "[store][case:R3]",
                   InMemory, InSqlite) {
  TestType kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  const Claim wanted = claim("device", "secret");
  Tally before;
  all_at_once([&](int) { before.count(kept.store.spend_and_claim(wanted)); });
  CHECK(before.won == 1);
  CHECK(before.claimed == takers - 1);

  REQUIRE(kept.store.record_issue(issue(wanted, "0a"), event("certificate")));
  Tally after;
  all_at_once([&](int) { after.count(kept.store.spend_and_claim(wanted)); });
  CHECK(after.issued == takers);
}

TEMPLATE_TEST_CASE("a password that is being spent for a request stays good for that request",
                   "[store][case:R3]", InMemory, InSqlite) {
  TestType kept;
  for (int round = 0; round < 20; ++round) {
    const std::string secret = "round " + std::to_string(round);
    REQUIRE(kept.store.add_password(password(secret), 0, event("issued")));
    const Claim wanted = claim(secret, secret);
    std::atomic<int> refused = 0;
    all_at_once([&](int number) {
      if (number == 0) {
        (void)kept.store.spend_and_claim(wanted);
        return;
      }
      for (int look = 0; look < 20; ++look)
        if (!kept.store.password_usable(wanted.password_mac, wanted.key.csr_info_hash)
                 .value_or(false))
          ++refused;
    });
    CHECK(refused == 0);
  }
}

TEMPLATE_TEST_CASE("64 devices with 64 passwords all enrol at once", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  std::atomic<int> enrolled = 0;
  all_at_once([&](int number) {
    const std::string name = "n" + std::to_string(number);
    const Claim wanted = claim(name, name);
    if (kept.store.add_password(password(name), 0, event("issued")) &&
        is<Unknown>(kept.store.find_request(wanted.key)) &&
        kept.store.password_usable(wanted.password_mac, wanted.key.csr_info_hash) == true &&
        is<ClaimWon>(kept.store.spend_and_claim(wanted)) &&
        kept.store.record_issue(issue(wanted, name), event("certificate")) &&
        serial_in(kept.store.find_request(wanted.key)) == name)
      ++enrolled;
  });
  CHECK(enrolled == takers);
  CHECK(kept.events().size() == 2 * takers);
}
