#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "catch.h"
#include "make_faulty_disk.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

using Events = std::vector<std::string>;

namespace {

// Every operation says unavailable; none says no, and none says yes.
void check_all_unavailable(StateStore& store) {
  const Claim wanted = claim("device", "secret");
  CHECK(is_unavailable(store.open()));
  CHECK(is_unavailable(store.probe()));
  CHECK(is_unavailable(store.add_password(password("lost"), 0, event("lost"))));
  CHECK(is_unavailable(store.password_usable(wanted.password_mac, wanted.key.csr_info_hash)));
  CHECK(is_unavailable(store.find_request(wanted.key)));
  CHECK(is_unavailable(store.spend_and_claim(wanted)));
  CHECK(is_unavailable(store.record_issue(issue(wanted, "0a"), event("lost"))));
  store.purge();
}

// Root is stopped by no mode of a file: these tests run as nobody then.
class Unprivileged {
 public:
  explicit Unprivileged(const Path& folder) {
    if (!root_) return;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) give(entry.path());
    give(folder);
    REQUIRE(::seteuid(nobody) == 0);
  }
  ~Unprivileged() {
    if (root_ && ::seteuid(0) != 0) std::terminate();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  static constexpr uid_t nobody = 65534;
  void give(const Path& path) { REQUIRE(::chown(path.c_str(), nobody, nobody) == 0); }
  const bool root_ = ::geteuid() == 0;
};

}  // namespace

TEST_CASE("a store whose folder is missing serves as soon as the folder is there",
          "[store][case:F3]") {
  const ManualClock clock;
  const TemporaryFolder folder;
  const Path place = folder.path() / "missing";
  const auto store = make_state_store("sqlite:" + (place / "state.db").string(), "ra", clock);
  REQUIRE(store);

  check_all_unavailable(**store);

  std::filesystem::create_directory(place);
  std::filesystem::permissions(place, std::filesystem::perms::owner_all);
  CHECK((*store)->open());
  CHECK((*store)->add_password(password("secret"), 0, event("issued")));
}

TEST_CASE("a folder or a text where the database should be is no store", "[store][case:F4]") {
  InSqlite kept;
  kept.made.reset();
  std::filesystem::remove(kept.file);
  const auto store = kept.make();

  SECTION("a folder") {
    std::filesystem::create_directory(kept.file);
  }
  SECTION("a text") {
    std::ofstream(kept.file) << std::string(8192, 'x');
  }
  check_all_unavailable(*store);

  std::filesystem::remove(kept.file);
  CHECK(store->open());
  CHECK(store->probe());
}

TEST_CASE("a store that may not be written says so and comes back", "[store][case:F4]") {
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  kept.made.reset();
  const Unprivileged user(kept.folder.path());
  const auto store = kept.make();

  SECTION("the folder") {
    ::chmod(kept.folder.path().c_str(), 0500);
    check_all_unavailable(*store);
    ::chmod(kept.folder.path().c_str(), 0700);
  }
  SECTION("the file") {
    ::chmod(kept.file.c_str(), 0400);
    check_all_unavailable(*store);
    ::chmod(kept.file.c_str(), 0600);
  }
  SECTION("not even read") {
    ::chmod(kept.file.c_str(), 0000);
    check_all_unavailable(*store);
    ::chmod(kept.file.c_str(), 0600);
  }
  const Status opened = store->open();
  INFO((opened ? "" : opened.error().detail));
  CHECK(opened);
  CHECK(is<ClaimWon>(store->spend_and_claim(claim("device", "secret"))));
}

TEST_CASE("a database that was moved away while it was open is written no more",
          "[store][case:F3]") {
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  REQUIRE(kept.store.outstanding_passwords()->size() == 1);
  const Path aside = kept.folder.path().string() + ".aside";
  std::filesystem::rename(kept.folder.path(), aside);

  CHECK(is_unavailable(kept.store.add_password(password("lost"), 0, event("lost"))));
  CHECK(is_unavailable(kept.store.outstanding_passwords()));
  CHECK(is_unavailable(kept.store.spend_and_claim(claim("device", "secret"))));

  std::filesystem::rename(aside, kept.folder.path());
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "secret"))));
  CHECK(kept.events() == Events{"issued"});
}

TEST_CASE("a full disk refuses, and nothing of it has happened", "[store][case:F4]") {
  FaultyDisk disk;
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));

  disk.write_result = GENERATE(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY);
  CHECK(is_unavailable(kept.store.add_password(password("lost"), 0, event("lost"))));
  CHECK(is_unavailable(kept.store.spend_and_claim(claim("device", "secret"))));
  CHECK(is_unavailable(kept.store.probe()));
  // The disk can still be read.
  CHECK(*kept.store.password_usable(hash_of("secret"), hash_of("csr device")));
  CHECK(is<Unknown>(kept.store.find_request(request("device"))));

  disk.write_result = 0;
  CHECK(kept.store.probe());
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("other", "secret"))));
  CHECK(kept.events() == Events{"issued"});
}

TEST_CASE("a failed sync is no success, and issues nothing", "[store][case:F4]") {
  FaultyDisk disk;
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  const Claim won = claim("device", "secret");
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(won)));

  disk.sync_result = SQLITE_IOERR_FSYNC;
  CHECK(is_unavailable(kept.store.record_issue(issue(won, "0a"), event("certificate"))));
  CHECK(is_unavailable(kept.store.record_issue(issue(won, "0a"), event("certificate"))));
  disk.sync_result = 0;

  CHECK(is<Claimed>(kept.store.find_request(won.key)));
  CHECK(kept.events() == Events{"issued"});
  CHECK(kept.store.record_issue(issue(won, "0b"), event("certificate")));
  CHECK(serial_in(kept.store.find_request(won.key)) == "0b");
}

TEST_CASE("what a broken disk may have lost is written anew before it is believed",
          "[store][case:F4]") {
  FaultyDisk disk;
  InSqlite kept;
  const Claim won = open_claim("device");
  REQUIRE(is<ClaimWon>(kept.store.spend_and_claim(won)));
  disk.sync_result = SQLITE_IOERR_FSYNC;
  REQUIRE_FALSE(kept.store.record_issue(issue(won, "0a"), event("certificate")));
  kept.made.reset();

  // The log holds a commit that was never synced.
  const auto restarted = kept.make();
  CHECK(is_unavailable(restarted->open()));
  CHECK(is_unavailable(restarted->find_request(won.key)));

  disk.sync_result = 0;
  const int before = disk.syncs;
  CHECK(restarted->open());
  CHECK(disk.syncs > before);
  const std::string serial = serial_in(restarted->find_request(won.key));
  CHECK(rows_in(kept.file, "SELECT serial FROM certificate") ==
        (serial.empty() ? Events{} : Events{serial}));
}

TEST_CASE("a claim that the disk took too long to write is not won", "[store][case:F3]") {
  FaultyDisk disk;
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  const Claim wanted = claim("device", "secret");

  disk.on_sync = [&] { kept.clock.advance(6s); };
  CHECK(is_unavailable(kept.store.spend_and_claim(wanted)));
  disk.on_sync = [] {};
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(wanted)));
}

TEST_CASE("a store that somebody locks is unavailable and comes back", "[store][case:F3]") {
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  sqlite3* locker = nullptr;
  REQUIRE(sqlite3_open(kept.file.c_str(), &locker) == SQLITE_OK);
  REQUIRE(sqlite3_exec(locker, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);

  const auto start = std::chrono::steady_clock::now();
  CHECK(is_unavailable(kept.store.spend_and_claim(claim("device", "secret"))));
  CHECK(std::chrono::steady_clock::now() - start > 4s);
  CHECK(*kept.store.password_usable(hash_of("secret"), hash_of("csr device")));

  sqlite3_exec(locker, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(locker);
  CHECK(is<ClaimWon>(kept.store.spend_and_claim(claim("device", "secret"))));
}

TEST_CASE("a damaged database is never read as a no", "[store][case:F4]") {
  InSqlite kept;
  REQUIRE(kept.store.add_password(password("secret"), 0, event("issued")));
  kept.made.reset();
  std::fstream file(kept.file, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(std::filesystem::file_size(kept.file) - 4096, 'x');
  file.close();

  const auto store = kept.make();
  // The first page is whole, so it opens; or it does not, which is as good.
  static_cast<void>(store->open());
  CHECK(is_unavailable(store->password_usable(hash_of("secret"), hash_of("csr device"))));
  CHECK(is_unavailable(store->find_request(request("device"))));
  CHECK(is_unavailable(store->spend_and_claim(claim("device", "secret"))));
}
