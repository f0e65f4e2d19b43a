#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "catch.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

namespace {

constexpr int processes = 8;

// A process of its own, as a worker is: with no handle of the parent's. It ends by itself with 0,
// or is killed with the object.
class Worker {
 public:
  explicit Worker(const std::function<bool()>& work) : id_(::fork()) {
    if (id_ != 0) return;
    bool well = false;
    try {
      well = work();
    } catch (...) {
    }
    ::_exit(well ? 0 : 1);
  }
  ~Worker() { kill(); }
  Worker(Worker&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Worker& operator=(Worker&&) = delete;

  void kill() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    id_ = -1;
  }
  bool ended_well() {
    int status = 0;
    const bool ended = id_ > 0 && ::waitpid(id_, &status, 0) == id_;
    id_ = -1;
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t id_;
};

// Memory that processes share.
template <class Value>
class Shared {
 public:
  Shared()
      : at_(::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                   0)),
        value_(new(at_) Value()) {}
  ~Shared() { ::munmap(at_, sizeof(Value)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Value* operator->() { return value_; }
  Value& operator*() { return *value_; }

 private:
  void* at_;
  Value* value_;
};

std::string name(std::string_view kind, int number) {
  return std::string(kind) + std::to_string(number);
}

// A database with that many passwords, and no handle on it in this process.
void make_passwords(InSqlite& kept, int count) {
  for (int number = 0; number < count; ++number)
    REQUIRE(kept.store.add_password(password(name("p", number)), 0, event("issued")));
  kept.made.reset();
}

// What a client's retry makes of a device's request: claim, issue, record. False: still claimed.
bool enrol(StateStore& store, const std::string& device, std::string_view serial_prefix) {
  const Claim wanted = claim(device, device);
  const auto outcome = store.spend_and_claim(wanted);
  if (is<IssuedCertificate>(outcome)) return true;
  return is<ClaimWon>(outcome) &&
         store
             .record_issue(issue(wanted, std::string(serial_prefix) + device), event("certificate"))
             .has_value();
}

}  // namespace

TEST_CASE("of eight processes with one password exactly one wins", "[store][req:N8][case:R2]") {
  constexpr int passwords = 40;
  InSqlite kept;
  make_passwords(kept, passwords);
  Shared<std::array<std::atomic<int>, passwords>> wins;
  Shared<std::atomic<int>> losses;

  std::vector<Worker> workers;
  for (int process = 0; process < processes; ++process)
    workers.emplace_back([&] {
      const auto store = kept.make();
      if (!store->open()) return false;
      for (int number = 0; number < passwords; ++number) {
        const auto outcome = store->spend_and_claim(
            claim(name("device", process) + "/" + std::to_string(number), name("p", number)));
        if (is<ClaimWon>(outcome)) ++(*wins)[static_cast<std::size_t>(number)];
        if (is<PasswordSpent>(outcome)) ++*losses;
      }
      return true;
    });
  for (Worker& worker : workers) CHECK(worker.ended_well());

  for (const auto& win : *wins) CHECK(win == 1);
  CHECK(*losses == passwords * (processes - 1));
}

TEST_CASE("workers that start together make one new database", "[store][case:F10]") {
  InSqlite kept;
  kept.made.reset();
  std::filesystem::remove(kept.file);

  std::vector<Worker> workers;
  for (int process = 0; process < processes; ++process)
    workers.emplace_back([&] {
      const auto store = kept.make();
      return store->open() && store->record_event(event("started"));
    });
  for (Worker& worker : workers) CHECK(worker.ended_well());
  CHECK(kept.events().size() == processes);
}

TEST_CASE("a store made before the fork is opened by each worker after it", "[store][case:F10]") {
  InSqlite kept;
  kept.made.reset();
  const auto store = kept.make();

  std::vector<Worker> workers;
  for (int process = 0; process < processes; ++process)
    workers.emplace_back([&] { return store->open() && store->record_event(event("started")); });
  for (Worker& worker : workers) CHECK(worker.ended_well());
  CHECK(kept.events().size() == processes);
}

TEST_CASE("a worker killed after the claim holds its device up for five seconds",
          "[store][req:P11][case:F1]") {
  InSqlite kept;
  make_passwords(kept, 1);
  Shared<std::atomic<bool>> claimed;
  Worker worker([&] {
    const auto store = kept.make();
    *claimed = store->open() && is<ClaimWon>(store->spend_and_claim(claim("device", "p0")));
    for (;;) ::pause();
    return false;
  });
  while (!*claimed) std::this_thread::sleep_for(1ms);
  worker.kill();

  const auto store = kept.make();
  REQUIRE(store->open());
  CHECK(is<Claimed>(store->find_request(request("device"))));
  CHECK(is<Claimed>(store->spend_and_claim(claim("device", "p0"))));
  CHECK(is<PasswordSpent>(store->spend_and_claim(claim("other", "p0"))));

  kept.clock.advance(5s);
  CHECK(is<Unknown>(store->find_request(request("device"))));
  CHECK(is<PasswordSpent>(store->spend_and_claim(claim("other", "p0"))));
  CHECK(is<ClaimWon>(store->spend_and_claim(claim("device", "p0"))));
}

TEST_CASE("workers are killed at any moment and each device ends with one certificate",
          "[store][case:F1][case:F2]") {
  constexpr int devices = 48;
  InSqlite kept;
  make_passwords(kept, devices);
  const auto enrol_all = [&](const std::string& serial_prefix) {
    const auto store = kept.make();
    if (!store->open()) return false;
    std::atomic<int> enrolled = 0;
    {
      std::vector<std::jthread> threads;
      for (int first = 0; first < 4; ++first)
        threads.emplace_back([&, first] {
          for (int number = first; number < devices; number += 4)
            if (enrol(*store, name("p", number), serial_prefix)) ++enrolled;
        });
    }
    return enrolled == devices;
  };

  for (int round = 0; round < 12; ++round) {
    Worker first([&] { return enrol_all(name("a", round)); });
    Worker second([&] { return enrol_all(name("b", round)); });
    std::this_thread::sleep_for(std::chrono::milliseconds{20 + 7 * round});
  }
  kept.clock.advance(5s);
  CHECK(Worker([&] { return enrol_all("last"); }).ended_well());

  const auto count = [&](const std::string& sql) { return rows_in(kept.file, sql).at(0); };
  CHECK(count("SELECT count(*) FROM certificate") == std::to_string(devices));
  CHECK(count("SELECT count(*) FROM request WHERE state = 'issued'") == std::to_string(devices));
  CHECK(count("SELECT count(*) FROM event WHERE json = 'certificate'") == std::to_string(devices));
  CHECK(count("PRAGMA integrity_check") == "ok");
}
