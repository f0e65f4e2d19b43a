#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/files.h"
#include "scep-ra/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace scep_ra::store {

// One connection to a database file, with the settings of keys-and-state B4. For one thread at a
// time, and never carried over a fork.
class SqliteConnection {
 public:
  enum class Access : std::uint8_t { reading, writing };
  static Result<std::unique_ptr<SqliteConnection>> open(const Path&, Access);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Statements without values and rows.
  Status execute(const char* sql);
  [[nodiscard]] bool in_transaction() const noexcept;
  // Ends a transaction, if there is one, without its changes. False: it could not.
  bool roll_back() noexcept;
  // The file was deleted, moved or replaced: what is written here, nobody else sees.
  [[nodiscard]] bool lost_its_file() const noexcept;

 private:
  friend class SqliteQuery;
  struct Close {
    void operator()(sqlite3*) const noexcept;
    void operator()(sqlite3_stmt*) const noexcept;
  };
  explicit SqliteConnection(Path);
  Status configure(Access);
  Status enter_wal();
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  [[nodiscard]] Error failure() const;

  Path file_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, Close>> statements_;
};

// One run of a statement. The SQL is a literal (the connection keeps the prepared statement under
// it); bound text and octets are borrowed until the end of the run.
class SqliteQuery {
 public:
  template <class... Values>
  SqliteQuery(SqliteConnection& connection, std::string_view sql, const Values&... values)
      : SqliteQuery(Prepare{}, connection, sql) {
    (bind(values), ...);
  }
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  // True: the next row is there. False: there is none. A rule of the schema that a change would
  // break is Errc::internal, everything else Errc::unavailable.
  Result<bool> next();
  // Runs a change to its end. How many rows it changed.
  Result<std::size_t> finish();

  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] Time time(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Buffer octets(int column) const;

 private:
  struct Prepare {};
  SqliteQuery(Prepare, SqliteConnection&, std::string_view sql);
  void bind(std::int64_t);
  void bind(std::string_view);
  void bind(Bytes);
  void note(int code);

  SqliteConnection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  Status ready_;
  int bound_ = 0;
};

template <class... Values>
Result<std::size_t> change(SqliteConnection& connection, std::string_view sql,
                           const Values&... values) {
  return SqliteQuery(connection, sql, values...).finish();
}

}  // namespace scep_ra::store
