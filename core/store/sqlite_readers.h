#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/files.h"
#include "scep-ra/error.h"
#include "store/sqlite_connection.h"

namespace scep_ra::store {

// Reading connections, as many as threads ever read at once; each is one thread's at a time. Any
// thread.
class SqliteReaders {
 public:
  explicit SqliteReaders(Path file) : file_(std::move(file)) {}

  // Runs the operation on a connection; one that fails is not used again.
  Status read(const std::function<Status(SqliteConnection&)>&);

 private:
  Result<std::unique_ptr<SqliteConnection>> take();
  void give_back(std::unique_ptr<SqliteConnection>);

  const Path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;  // guarded by mutex_
};

}  // namespace scep_ra::store
