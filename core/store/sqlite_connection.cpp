#include "store/sqlite_connection.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "store/store_error.h"

namespace scep_ra::store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds busy_timeout{5000};

bool busy(int code) {
  return (code & 0xff) == SQLITE_BUSY;
}

}  // namespace

void SqliteConnection::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

void SqliteConnection::Close::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

SqliteConnection::SqliteConnection(Path file) : file_(std::move(file)) {}

SqliteConnection::~SqliteConnection() {
  // The last connection to close removes the -wal file by its name, which may by now be that of
  // another database (sqlite.org/howtocorrupt.html, 2.5).
  if (handle_ && lost_its_file())
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const Path& file, Access access) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(file));
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  connection->handle_.reset(handle);
  if (code != SQLITE_OK) return std::unexpected(connection->failure());
  if (Status configured = connection->configure(access); !configured)
    return std::unexpected(std::move(configured).error());
  return connection;
}

Status SqliteConnection::configure(Access access) {
  // First, since -wal and -shm would be made as unwritable as the file is.
  if (sqlite3_db_readonly(handle_.get(), "main") != 0)
    return unavailable(file_.string() + ": may not be written");
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(busy_timeout.count()));
  // FULL: a spent password stays spent when the power fails.
  if (Status set = execute("PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON;"
                           "PRAGMA synchronous=FULL;");
      !set)
    return set;
  if (access == Access::reading) return execute("PRAGMA query_only=ON;");
  if (Status entered = enter_wal(); !entered) return entered;
  // A log that a broken disk or a crash left behind is read by the first who opens it, and taken
  // for committed whether it was synced or not: moved into the database, it is durable.
  return execute("PRAGMA wal_checkpoint(PASSIVE);");
}

Status SqliteConnection::enter_wal() {
  // The change to WAL needs the file alone and gives up at once instead of waiting in the busy
  // handler: workers that start together with a new file meet here.
  const auto deadline = std::chrono::steady_clock::now() + busy_timeout;
  for (;;) {
    SqliteQuery query(*this, "PRAGMA journal_mode=WAL");
    const Result<bool> row = query.next();
    if (row && *row && query.text(0) == "wal") return {};
    if (row) return unavailable(file_.string() + ": this file system has no write-ahead log");
    if (!busy(sqlite3_errcode(handle_.get())) || std::chrono::steady_clock::now() > deadline)
      return std::unexpected(row.error());
    std::this_thread::sleep_for(milliseconds{10});
  }
}

Status SqliteConnection::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return std::unexpected(failure());
  return {};
}

bool SqliteConnection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

bool SqliteConnection::roll_back() noexcept {
  return !in_transaction() ||
         sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool SqliteConnection::lost_its_file() const noexcept {
  int moved = 0;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

Result<sqlite3_stmt*> SqliteConnection::prepared(std::string_view sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    statement.reset(made);
    if (code != SQLITE_OK) return std::unexpected(failure());
  }
  return statement.get();
}

Error SqliteConnection::failure() const {
  const int code = sqlite3_extended_errcode(handle_.get());
  std::string detail = file_.string() + ": " + sqlite3_errmsg(handle_.get()) + " (sqlite " +
                       std::to_string(code) + ")";
  if ((code & 0xff) == SQLITE_CONSTRAINT)
    return {Errc::internal, Reason::internal_error, std::move(detail)};
  return {Errc::unavailable, Reason::store_unavailable, std::move(detail)};
}

SqliteQuery::SqliteQuery(Prepare, SqliteConnection& connection, std::string_view sql)
    : connection_(connection) {
  if (Result<sqlite3_stmt*> prepared = connection.prepared(sql); prepared)
    statement_ = *prepared;
  else
    ready_ = std::unexpected(std::move(prepared).error());
}

SqliteQuery::~SqliteQuery() {
  sqlite3_reset(statement_);
  if (statement_ != nullptr) sqlite3_clear_bindings(statement_);
}

void SqliteQuery::note(int code) {
  if (code != SQLITE_OK) ready_ = std::unexpected(connection_.failure());
}

void SqliteQuery::bind(std::int64_t value) {
  if (ready_) note(sqlite3_bind_int64(statement_, ++bound_, value));
}

// A null pointer would bind NULL, which an empty value is not.
void SqliteQuery::bind(std::string_view text) {
  const char* from = text.empty() ? "" : text.data();
  if (ready_)
    note(sqlite3_bind_text64(statement_, ++bound_, from, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteQuery::bind(Bytes octets) {
  const void* from = octets.empty() ? "" : static_cast<const void*>(octets.data());
  if (ready_) note(sqlite3_bind_blob64(statement_, ++bound_, from, octets.size(), SQLITE_STATIC));
}

Result<bool> SqliteQuery::next() {
  if (!ready_) return std::unexpected(ready_.error());
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(connection_.failure());
}

Result<std::size_t> SqliteQuery::finish() {
  Result<bool> row = next();
  while (row && *row) row = next();
  if (!row) return std::unexpected(std::move(row).error());
  return static_cast<std::size_t>(sqlite3_changes64(sqlite3_db_handle(statement_)));
}

std::int64_t SqliteQuery::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}

Time SqliteQuery::time(int column) const noexcept {
  return Time{Seconds{integer(column)}};
}

std::string SqliteQuery::text(int column) const {
  return to_string(octets(column));
}

Buffer SqliteQuery::octets(int column) const {
  const auto* from = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return from == nullptr ? Buffer{} : Buffer(from, from + size);
}

}  // namespace scep_ra::store
