#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/files.h"
#include "store/memory_store.h"
#include "store/state_store.h"

namespace scep_ra::store {

// Stands still until it is moved. Any thread.
class ManualClock final : public Clock {
 public:
  std::chrono::sys_time<std::chrono::microseconds> now() const override;
  void advance(std::chrono::microseconds by) { microseconds_ += by.count(); }

 private:
  std::atomic<std::int64_t> microseconds_ = 1'800'000'000'250'000;
};

// A folder of this test's own; gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const Path& path() const { return path_; }

 private:
  Path path_;
};

// Runs SQL that gives text in the first column, on a connection of its own.
std::vector<std::string> rows_in(const Path& database, const std::string& sql);

// An open store of each kind, for tests that both must pass.
struct InMemory {
  ManualClock clock;
  MemoryStore store{clock};
  InMemory() { ready = store.open(); }
  std::vector<std::string> events() const;
  Status ready;
};
struct InSqlite {
  ManualClock clock;
  TemporaryFolder folder;
  Path file = folder.path() / "state.db";
  std::unique_ptr<StateStore> made = make();
  StateStore& store = *made;
  InSqlite() { ready = store.open(); }
  std::unique_ptr<StateStore> make(const std::string& ra = "ra") const;  // one more, not open
  std::vector<std::string> events() const;
  Status ready;
};

Buffer hash_of(std::string_view name);  // 32 octets, others for another name
Password password(std::string_view name, Seconds validity = std::chrono::minutes{60});
// The request of a device of that name in its own wrapper, with the password of that name.
RequestKey request(std::string_view device);
Claim claim(std::string_view device, std::string_view password);
Claim open_claim(std::string_view device);
Issue issue(const Claim&, std::string_view serial);
StoredEvent event(std::string_view word);  // JSON is the word

template <class Kind, class Outcome>
bool is(const Result<Outcome>& outcome) {
  return outcome && std::holds_alternative<Kind>(*outcome);
}
// The serial number of the certificate that an outcome brings, empty when it is none.
template <class Outcome>
std::string serial_in(const Result<Outcome>& outcome) {
  return is<IssuedCertificate>(outcome) ? std::get<IssuedCertificate>(*outcome).serial : "";
}
template <class Value>
bool is_unavailable(const Result<Value>& result) {
  return !result && result.error().code == Errc::unavailable &&
         result.error().reason == Reason::store_unavailable;
}

}  // namespace scep_ra::store
