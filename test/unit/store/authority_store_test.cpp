#include "catch.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

namespace {

constexpr unsigned unspecified = 0;
constexpr unsigned key_compromise = 1;
constexpr unsigned certificate_hold = 6;
constexpr unsigned remove_from_crl = 8;

Buffer key_of(std::string_view ca) {
  return hash_of("CA " + std::string(ca));
}

// Issues a certificate of that serial number for a device of the same name.
void issue_one(StateStore& store, std::string_view serial, std::string_view ca,
               Seconds life = 8760h, Seconds age = 0s) {
  REQUIRE(is<ClaimWon>(store.spend_and_claim(open_claim(serial))));
  Issue made = issue(open_claim(serial), serial);
  made.authority = ca.empty() ? Buffer{} : key_of(ca);
  made.not_before = Time{Seconds{1'800'000'000}} - age;
  made.not_after = made.not_before + life;
  REQUIRE(store.record_issue(made, event("issued")));
}

std::string serials(const Result<std::vector<StoredCertificate>>& listed) {
  if (!listed) return listed.error().detail;
  std::string text;
  for (const StoredCertificate& one : *listed) text += one.issued.serial + " ";
  return text;
}

std::string serials(const Result<std::vector<RevokedSerial>>& listed) {
  if (!listed) return listed.error().detail;
  std::string text;
  for (const RevokedSerial& one : *listed)
    text += one.serial + ":" + std::to_string(one.revocation.reason) + " ";
  return text;
}

KeptCrl crl(std::uint64_t number) {
  const Time now{Seconds{1'800'000'000}};
  return {number, now, now + 168h, hash_of("crl " + std::to_string(number))};
}

bool is_denied(const Status& status, Reason reason) {
  return !status && status.error().code == Errc::denied && status.error().reason == reason;
}

}  // namespace

TEMPLATE_TEST_CASE("a revoked certificate stays revoked, with date and reason", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  issue_one(kept.store, "0a", "one");
  kept.clock.advance(60s);
  REQUIRE(kept.store.revoke_certificate("0a", key_compromise, event("revoked")));
  const auto found = kept.store.find_certificate("0a");
  REQUIRE((found && *found && (*found)->revoked));
  CHECK((*found)->revoked->at == kept.clock.seconds());
  CHECK((*found)->revoked->reason == key_compromise);
  CHECK(kept.events().back() == "revoked");

  const Status again = kept.store.revoke_certificate("0a", unspecified, event("again"));
  CHECK(is_denied(again, Reason::certificate_revoked));
  CHECK(again.error().detail.contains("is revoked already, since 2027-01-15T08:01:00Z"));
  CHECK(is_denied(kept.store.revoke_certificate("0b", unspecified, event("none")),
                  Reason::certificate_unknown));
  CHECK(kept.events().back() == "revoked");
}

TEMPLATE_TEST_CASE("a hold is lifted or becomes a revocation, nothing else is lifted", "[store]",
                   InMemory, InSqlite) {
  TestType kept;
  issue_one(kept.store, "0a", "one");
  const auto say = [&](unsigned reason) {
    return kept.store.revoke_certificate("0a", reason, event("said"));
  };
  CHECK(is_denied(say(remove_from_crl), Reason::certificate_revoked));
  REQUIRE(say(certificate_hold));
  CHECK(is_denied(say(certificate_hold), Reason::certificate_revoked));
  REQUIRE(say(remove_from_crl));
  CHECK_FALSE((*kept.store.find_certificate("0a"))->revoked);
  CHECK(serials(kept.store.revoked_certificates(key_of("one"), {})).empty());
  REQUIRE(say(certificate_hold));
  REQUIRE(say(key_compromise));
  CHECK(serials(kept.store.revoked_certificates(key_of("one"), {})) == "0a:1 ");
  CHECK(is_denied(say(remove_from_crl), Reason::certificate_revoked));
}

TEMPLATE_TEST_CASE("certificates are listed by what became of them", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  issue_one(kept.store, "01", "one", 240h, 3h);
  issue_one(kept.store, "02", "one", 8760h, 2h);
  issue_one(kept.store, "03", "one", 48h, 1h);
  issue_one(kept.store, "04", "one", 30min, 1h);  // expired
  issue_one(kept.store, "05", "one");
  REQUIRE(kept.store.revoke_certificate("05", unspecified, event("revoked")));
  using State = CertificateFilter::State;
  const auto list = [&](State state, std::size_t maximum = 100, Seconds within = 0s) {
    return serials(kept.store.list_certificates({state, within}, maximum));
  };
  CHECK(list(State::all) == "05 03 04 02 01 ");
  CHECK(list(State::valid) == "03 02 01 ");
  CHECK(list(State::revoked) == "05 ");
  CHECK(list(State::expiring, 100, 720h) == "03 01 ");
  CHECK(list(State::expiring, 100, 72h) == "03 ");
  CHECK(list(State::all, 2) == "05 03 ");
}

TEMPLATE_TEST_CASE("each CA's key has its own list of what is revoked", "[store]", InMemory,
                   InSqlite) {
  TestType kept;
  issue_one(kept.store, "01", "one");
  issue_one(kept.store, "02", "other");
  issue_one(kept.store, "03", "");
  issue_one(kept.store, "04", "one");
  for (const char* serial : {"03", "02", "01"}) {
    REQUIRE(kept.store.revoke_certificate(serial, key_compromise, event("revoked")));
    kept.clock.advance(1s);
  }
  CHECK(serials(kept.store.revoked_certificates(key_of("one"), {})) == "03:1 01:1 ");
  CHECK(serials(kept.store.revoked_certificates(key_of("other"), {})) == "03:1 02:1 ");
  CHECK(serials(kept.store.revoked_certificates(key_of("one"), Time{Seconds{1'831'536'000}}))
            .empty());
}

TEST_CASE("RAs that share a CA and a database share the list of what is revoked", "[store]") {
  InSqlite kept;
  const auto neighbour = kept.make("neighbour");
  REQUIRE(neighbour->open());
  issue_one(kept.store, "01", "one");
  issue_one(kept.store, "02", "");
  REQUIRE(kept.store.revoke_certificate("01", key_compromise, event("revoked")));
  REQUIRE(kept.store.revoke_certificate("02", key_compromise, event("revoked")));
  CHECK(serials(neighbour->revoked_certificates(key_of("one"), {})) == "01:1 ");
  CHECK(is_denied(neighbour->revoke_certificate("01", unspecified, event("theirs")),
                  Reason::certificate_unknown));
  CHECK(serials(neighbour->list_certificates({CertificateFilter::State::all, 0s}, 10)).empty());
}

TEMPLATE_TEST_CASE("the number of a CRL only rises", "[store]", InMemory, InSqlite) {
  TestType kept;
  CHECK_FALSE(kept.store.find_crl(key_of("one"))->has_value());
  CHECK(kept.store.keep_crl(key_of("one"), crl(5), event("five")) == true);
  CHECK(kept.store.keep_crl(key_of("one"), crl(5), event("five again")) == false);
  CHECK(kept.store.keep_crl(key_of("one"), crl(4), event("four")) == false);
  CHECK(kept.store.keep_crl(key_of("other"), crl(1), event("other")) == true);
  CHECK(kept.store.keep_crl(key_of("one"), crl(6), event("six")) == true);
  const auto newest = kept.store.find_crl(key_of("one"));
  REQUIRE((newest && *newest));
  CHECK((*newest)->number == 6);
  CHECK((*newest)->this_update == crl(6).this_update);
  CHECK((*newest)->next_update == crl(6).next_update);
  CHECK((*newest)->der == crl(6).der);
  CHECK(kept.events() == std::vector<std::string>{"five", "other", "six"});
}

TEMPLATE_TEST_CASE("a lease has one holder until it ends", "[store]", InMemory, InSqlite) {
  TestType kept;
  CHECK(kept.store.take_lease("crl", "first", 60s) == true);
  CHECK(kept.store.take_lease("crl", "second", 60s) == false);
  CHECK(kept.store.take_lease("other", "second", 60s) == true);
  kept.clock.advance(50s);
  CHECK(kept.store.take_lease("crl", "first", 60s) == true);
  kept.clock.advance(59s);
  CHECK(kept.store.take_lease("crl", "second", 60s) == false);
  kept.clock.advance(1s);
  CHECK(kept.store.take_lease("crl", "second", 60s) == true);
  kept.clock.advance(-24h);  // the clock is set back: nobody waits a day
  CHECK(kept.store.take_lease("crl", "first", 60s) == true);
}

TEST_CASE("a store that is away never says that nothing is revoked", "[store]") {
  ManualClock clock;
  MemoryStore closed(clock);
  CHECK(is_unavailable(closed.revoked_certificates(key_of("one"), {})));
  CHECK(is_unavailable(closed.find_crl(key_of("one"))));
  CHECK(is_unavailable(closed.keep_crl(key_of("one"), crl(1), event("one"))));
  CHECK(is_unavailable(closed.take_lease("crl", "first", 60s)));
  CHECK(is_unavailable(closed.list_certificates({}, 1)));
  CHECK(is_unavailable(closed.revoke_certificate("01", 0, event("one"))));
}
