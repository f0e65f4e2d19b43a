#include "store/sqlite_readers.h"

namespace scep_ra::store {

Status SqliteReaders::read(const std::function<Status(SqliteConnection&)>& operation) {
  Result<std::unique_ptr<SqliteConnection>> connection = take();
  if (!connection) return std::unexpected(std::move(connection).error());
  Status status = operation(**connection);
  if (status) give_back(std::move(*connection));
  return status;
}

Result<std::unique_ptr<SqliteConnection>> SqliteReaders::take() {
  std::unique_ptr<SqliteConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection && !connection->lost_its_file()) return connection;
  return SqliteConnection::open(file_, SqliteConnection::Access::reading);
}

void SqliteReaders::give_back(std::unique_ptr<SqliteConnection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace scep_ra::store
