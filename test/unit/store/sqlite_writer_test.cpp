#include "store/sqlite_writer.h"

#include <thread>

#include "catch.h"
#include "make_faulty_disk.h"
#include "make_stores.h"

#include <sqlite3.h>

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

namespace {

Status insert(SqliteConnection& connection, std::int64_t id) {
  const auto inserted = change(
      connection, "INSERT INTO event(ra, time_us, id, json) VALUES('ra', 0, ?1, 'kept')", id);
  if (!inserted) return std::unexpected(inserted.error());
  return {};
}

// A writer whose first commit waits until all that come meanwhile are in the queue.
struct Crowd {
  static constexpr std::size_t size = 20;
  TemporaryFolder folder;
  Path file = folder.path() / "state.db";
  SqliteWriter writer{file};
  std::atomic<std::size_t> arrived = 0;
  std::array<Status, size> statuses;

  // Each operation is told its number.
  void write(const std::function<Status(SqliteConnection&, std::size_t)>& operation) {
    std::vector<std::jthread> threads;
    for (std::size_t number = 0; number < size; ++number)
      threads.emplace_back([&, number] {
        while (number != 0 && arrived == 0) std::this_thread::yield();
        const auto run = [&](SqliteConnection& connection) {
          return operation(connection, number);
        };
        if (number != 0) ++arrived;
        statuses[number] = number == 0 ? first() : writer.write(run);
      });
  }
  Status first() {
    return writer.write([&](SqliteConnection&) -> Status {
      ++arrived;
      while (arrived < size) std::this_thread::yield();
      std::this_thread::sleep_for(100ms);
      return {};
    });
  }
  std::size_t kept() const { return rows_in(file, "SELECT number FROM event").size(); }
};

}  // namespace

TEST_CASE("callers that wait together share one commit", "[store]") {
  FaultyDisk disk;
  Crowd crowd;
  REQUIRE(crowd.writer.write([](SqliteConnection&) { return Status{}; }));
  const int before = disk.syncs;

  crowd.write([](SqliteConnection& connection, std::size_t) { return insert(connection, 2); });

  CHECK(std::ranges::all_of(crowd.statuses, &Status::has_value));
  CHECK(crowd.kept() == crowd.size - 1);
  CHECK(disk.syncs - before == 1);
}

TEST_CASE("one operation that fails is undone and harms no other of its commit", "[store]") {
  Crowd crowd;
  crowd.write([](SqliteConnection& connection, std::size_t number) {
    Status inserted = insert(connection, 2);
    if (number % 2 == 1) return Status(fail(Errc::denied, Reason::ca_denied, "no"));
    return inserted;
  });

  CHECK(std::ranges::count_if(crowd.statuses, &Status::has_value) == crowd.size / 2);
  CHECK(crowd.kept() == crowd.size / 2 - 1);
  CHECK(crowd.statuses[1].error().code == Errc::denied);
}

TEST_CASE("when the commit fails, all who share it are told", "[store][case:F4]") {
  FaultyDisk disk;
  Crowd crowd;
  crowd.write([&](SqliteConnection& connection, std::size_t number) {
    disk.sync_result = SQLITE_IOERR_FSYNC;
    if (number % 2 == 1) return Status(fail(Errc::denied, Reason::ca_denied, "no"));
    return insert(connection, 2);
  });
  disk.sync_result = 0;

  CHECK(crowd.statuses[0]);  // its commit came before
  CHECK(std::ranges::count_if(crowd.statuses, is_unavailable<void>) == crowd.size - 1);
  CHECK(crowd.kept() == 0);
  CHECK(crowd.writer.write([](SqliteConnection& connection) { return insert(connection, 2); }));
  CHECK(crowd.kept() == 1);
}

TEST_CASE("an operation that throws harms the commit and not the writer", "[store][case:F11]") {
  Crowd crowd;
  const Status thrown =
      crowd.writer.write([](SqliteConnection&) -> Status { throw std::bad_alloc(); });
  CHECK(is_unavailable(thrown));
  CHECK(crowd.writer.write([](SqliteConnection& connection) { return insert(connection, 2); }));
  CHECK(crowd.kept() == 1);
}
