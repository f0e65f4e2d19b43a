#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "make_faulty_disk.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;

using Rows = std::vector<std::string>;

namespace {

unsigned mode_of(const Path& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
}

}  // namespace

TEST_CASE("the store is named by the absolute path of an SQLite database", "[store]") {
  const ManualClock clock;
  CHECK(make_state_store("sqlite:/var/lib/scep-ra/state.db", "ra", clock));
  const std::string wrong = GENERATE("", "sqlite", "sqlite:", "sqlite:state.db", "sqlite:/var/lib/",
                                     "memory", "postgresql://host/state", "SQLITE:/a/b");
  const auto refused = make_state_store(wrong, "ra", clock);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::config);
  CHECK(refused.error().reason == Reason::configuration_invalid);
}

TEST_CASE("making a store touches no file before it is opened", "[store][case:F10]") {
  const ManualClock clock;
  const TemporaryFolder folder;
  const auto store = make_state_store("sqlite:" + (folder.path() / "s.db").string(), "ra", clock);
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK((*store)->open());
  CHECK_FALSE(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("nobody but its owner can read the store", "[store][case:S2]") {
  const InSqlite kept;
  REQUIRE(kept.ready);
  REQUIRE(kept.store.record_event(event("one")));
  CHECK(mode_of(kept.file) == 0600);
  CHECK(mode_of(kept.file.string() + "-wal") == 0600);
  CHECK(mode_of(kept.file.string() + "-shm") == 0600);

  const InSqlite copied;  // by an operator's `cp`, with his umask
  ::chmod(copied.file.c_str(), 0644);
  const auto again = copied.make();
  CHECK(again->open());
  CHECK(mode_of(copied.file) == 0600);
}

TEST_CASE("a restart forgets nothing", "[store][req:P11][case:F2]") {
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("outstanding"), 0, event("issued")));
  REQUIRE(kept.store.add_password(password("spent"), 0, event("issued")));
  const Claim won = claim("device", "spent");
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(won)));
  REQUIRE(kept.store.record_issue(issue(won, "0a"), event("certificate")));

  kept.made.reset();
  const auto restarted = kept.make();
  REQUIRE(restarted->open());

  CHECK(restarted->outstanding_passwords()->size() == 1);
  CHECK(is<PasswordSpent>(restarted->spend_and_claim(claim("other", "spent"))));
  CHECK(serial_in(restarted->find_request(won.key)) == "0a");
  CHECK(is<ClaimWon>(restarted->spend_and_claim(claim("other", "outstanding"))));
}

TEST_CASE("two RAs in one store know nothing of each other", "[store][case:A5]") {
  InSqlite kept;
  const auto other = kept.make("another ra");
  REQUIRE(other->open());
  REQUIRE(kept.store.add_password(password("secret"), 1, event("issued")));
  const Claim won = claim("device", "secret");

  CHECK(is<PasswordSpent>(other->spend_and_claim(won)));
  CHECK(other->outstanding_passwords()->empty());
  CHECK(other->revoke_passwords("", event("revoked")) == 0U);
  CHECK(other->add_password(password("theirs"), 1, event("issued")));

  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(won)));
  CHECK(is<Unknown>(other->find_request(won.key)));
  CHECK_FALSE(other->record_issue(issue(won, "0a"), event("certificate")));
  CHECK(kept.store.record_issue(issue(won, "0a"), event("certificate")));
}

TEST_CASE("two nodes with one store agree at once", "[store][case:R1]") {
  InSqlite kept;
  const auto neighbour = kept.make();
  REQUIRE(neighbour->open());
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  const Claim won = claim("device", "secret");

  REQUIRE(is<ClaimWon>(neighbour->spend_and_claim(won)));
  CHECK(is<Claimed>(kept.store.spend_and_claim(won)));
  REQUIRE(neighbour->record_issue(issue(won, "0a"), event("certificate")));
  CHECK(serial_in(kept.store.find_request(won.key)) == "0a");
}

TEST_CASE("what was answered was on the disk before", "[store][case:F2]") {
  FaultyDisk disk;
  InSqlite kept;
  int before = disk.syncs;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  CHECK(disk.syncs > before);

  before = disk.syncs;
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "secret"))));
  CHECK(disk.syncs > before);

  before = disk.syncs;
  REQUIRE(kept.store.record_issue(issue(claim("device", "secret"), "0a"), event("certificate")));
  CHECK(disk.syncs > before);

  before = disk.syncs;
  REQUIRE(kept.store.probe());
  CHECK(disk.syncs > before);
}

// Brings a database of version 2 back to how version 1 wrote it.
constexpr const char* as_in_version_1 = R"(
  PRAGMA foreign_keys=OFF;
  CREATE TABLE old_certificate(
    ra TEXT NOT NULL, serial TEXT NOT NULL, der BLOB NOT NULL,
    subject TEXT NOT NULL, template TEXT NOT NULL,
    not_before INT NOT NULL, not_after INT NOT NULL, issued_at INT NOT NULL,
    PRIMARY KEY(ra, serial)) STRICT;
  INSERT INTO old_certificate SELECT ra, serial, der, subject, template, not_before, not_after,
    issued_at FROM certificate;
  CREATE TABLE old_request(
    ra TEXT NOT NULL, csr_info_hash BLOB NOT NULL,
    transaction_id TEXT NOT NULL, signer_key_hash BLOB NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('claimed', 'released', 'issued')),
    claimed_at_us INT NOT NULL, password_mac BLOB NOT NULL, template TEXT NOT NULL, serial TEXT,
    PRIMARY KEY(ra, csr_info_hash),
    CHECK((state = 'issued') = (serial IS NOT NULL)),
    FOREIGN KEY(ra, serial) REFERENCES certificate(ra, serial)) WITHOUT ROWID, STRICT;
  INSERT INTO old_request SELECT ra, csr_info_hash, transaction_id, signer_key_hash, state,
    claimed_at_us, password_mac, template, serial FROM request;
  DROP TABLE request;
  DROP TABLE certificate;
  DROP TABLE crl;
  DROP TABLE lease;
  ALTER TABLE old_certificate RENAME TO certificate;
  ALTER TABLE old_request RENAME TO request;
  CREATE INDEX request_claimed ON request(ra, transaction_id) WHERE state = 'claimed';
  PRAGMA user_version=1;
)";

TEST_CASE("a request costs the same however many there have been", "[store][case:P11]") {
  InSqlite kept;
  const auto time_of_requests = [&](const std::string& name) {
    const auto begun = std::chrono::steady_clock::now();
    for (int number = 0; number < 50; ++number) {
      const Claim wanted = open_claim(name + std::to_string(number));
      REQUIRE(is<Unknown>(kept.store.find_request(wanted.key)));
      REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(wanted)));
      REQUIRE(kept.store.release_claim(wanted.key, event("released")));
    }
    return std::chrono::steady_clock::now() - begun;
  };
  time_of_requests("warming up");
  const auto of_few = time_of_requests("few");
  rows_in(
      kept.file,
      "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 100000)"
      " INSERT INTO request(ra, csr_info_hash, transaction_id, signer_key_hash, state,"
      " claimed_at_us, password_mac, template, received_at)"
      " SELECT 'ra', randomblob(32), 'old ' || n, randomblob(32), 'released', 0, x'', 'Device', 0"
      " FROM many");
  CHECK(rows_in(kept.file, "SELECT count(*) > 100000 FROM request") == Rows{"1"});
  CHECK(time_of_requests("many") < 4 * of_few + std::chrono::milliseconds(200));
}

TEST_CASE("a schema that is newer than this program is left alone", "[store][case:F3]") {
  InSqlite kept;
  REQUIRE(kept.store.record_event(event("kept")));
  kept.made.reset();
  rows_in(kept.file, "PRAGMA user_version=7");

  const auto store = kept.make();
  const Status refused = store->open();
  REQUIRE(is_unavailable(refused));
  CHECK_THAT(refused.error().detail, Catch::Contains("schema version 7"));
  CHECK(is_unavailable(store->record_event(event("lost"))));
  CHECK(rows_in(kept.file, "PRAGMA user_version") == Rows{"7"});

  rows_in(kept.file, "PRAGMA user_version=2");
  CHECK(store->open());
  CHECK(kept.events() == Rows{"kept"});
}

TEST_CASE("a database of the first version keeps its certificates, requests and passwords",
          "[store][case:F2]") {
  InSqlite kept;
  const Claim enrolled = claim("router", "secret");
  REQUIRE(kept.store.add_password(password("secret"), 0, event("made")));
  REQUIRE(kept.store.add_password(password("unspent"), 0, event("made")));
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(enrolled)));
  REQUIRE(kept.store.record_issue(issue(enrolled, "2a"), event("issued")));
  kept.made.reset();
  rows_in(kept.file, as_in_version_1);

  const auto store = kept.make();
  REQUIRE(store->open());
  CHECK(rows_in(kept.file, "PRAGMA user_version") == Rows{"2"});
  CHECK(serial_in(store->find_request(enrolled.key)) == "2a");
  CHECK(store->outstanding_passwords()->size() == 1);
  CHECK(rows_in(kept.file, "PRAGMA integrity_check") == Rows{"ok"});
  CHECK(rows_in(kept.file, "PRAGMA foreign_key_check").empty());
}

TEST_CASE("a new database has the settings it needs", "[store]") {
  const InSqlite kept;
  CHECK(rows_in(kept.file, "PRAGMA user_version") == Rows{"2"});
  CHECK(rows_in(kept.file, "PRAGMA journal_mode") == Rows{"wal"});
  CHECK(rows_in(kept.file, "PRAGMA integrity_check") == Rows{"ok"});
}

TEST_CASE("a folder of somebody else is no place for a store", "[store]") {
  InSqlite kept;
  kept.made.reset();
  const auto store = kept.make();

  SECTION("others may write there") {
    ::chmod(kept.folder.path().c_str(), 0777);
    CHECK(is_unavailable(store->open()));
    ::chmod(kept.folder.path().c_str(), 0700);
    CHECK(store->open());
  }
  SECTION("it belongs to another user") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(kept.folder.path().c_str(), 65534, 65534) == 0);
    CHECK(is_unavailable(store->open()));
    REQUIRE(::chown(kept.folder.path().c_str(), 0, 0) == 0);
    CHECK(store->open());
  }
}
