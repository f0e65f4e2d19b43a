#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/files.h"
#include "scep-ra/error.h"
#include "store/sqlite_connection.h"
#include "store/state_file.h"

namespace scep_ra::store {

// The one writing connection of a process to a database (keys-and-state B4): a durable commit costs
// a write to the disk, so all operations that wait meanwhile share the next one. It has no thread:
// the first that waits commits for all. Any thread.
class SqliteWriter {
 public:
  using Operation = std::function<Status(SqliteConnection&)>;

  explicit SqliteWriter(Path file) : file_(std::move(file)) {}

  // Runs the operation, in a transaction that it may share with others, and returns its status once
  // the commit is durable. An operation that fails is undone and harms no other. When the commit
  // fails all of the group get Errc::unavailable and nothing of it has happened.
  //
  // Makes the connection when there is none, and the first time the file and its schema, too.
  Status write(const Operation&);

 private:
  struct Job;
  void commit(std::span<Job* const> group) noexcept;
  Status run(std::span<Job* const> group);
  void roll_back() noexcept;
  Status connect();

  const Path file_;
  std::mutex mutex_;
  std::vector<Job*> waiting_;                     // guarded by mutex_, as is led_
  bool led_ = false;                              // somebody commits, or was told to
  std::unique_ptr<SqliteConnection> connection_;  // whoever leads has it alone
  Absent absent_ = Absent::make;                  // likewise
};

}  // namespace scep_ra::store
