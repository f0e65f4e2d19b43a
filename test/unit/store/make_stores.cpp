#include "make_stores.h"

#include <sqlite3.h>
#include <stdlib.h>

#include <stdexcept>

namespace scep_ra::store {

std::chrono::sys_time<std::chrono::microseconds> ManualClock::now() const {
  return std::chrono::sys_time<std::chrono::microseconds>{
      std::chrono::microseconds{microseconds_.load()}};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "scep-ra-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> rows_in(const Path& database, const std::string& sql) {
  sqlite3* handle = nullptr;
  std::vector<std::string> rows;
  const auto take = [](void* into, int columns, char** values, char**) {
    if (columns > 0 && values[0] != nullptr)
      static_cast<std::vector<std::string>*>(into)->emplace_back(values[0]);
    return 0;
  };
  sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  if (sqlite3_exec(handle, sql.c_str(), take, &rows, nullptr) != SQLITE_OK)
    rows.emplace_back(sqlite3_errmsg(handle));
  sqlite3_close_v2(handle);
  return rows;
}

std::vector<std::string> InMemory::events() const {
  std::vector<std::string> words;
  for (const StoredEvent& kept : store.events()) words.push_back(kept.json);
  return words;
}

std::unique_ptr<StateStore> InSqlite::make(const std::string& ra) const {
  auto store = make_state_store("sqlite:" + file.string(), ra, clock);
  if (!store) throw std::runtime_error(store.error().detail);
  return std::move(*store);
}

std::vector<std::string> InSqlite::events() const {
  return rows_in(file, "SELECT json FROM event ORDER BY number");
}

Buffer hash_of(std::string_view name) {
  Buffer hash = to_buffer(as_bytes(name));
  hash.resize(32, 0x5a);
  return hash;
}

Password password(std::string_view name, Seconds validity) {
  return {hash_of(name), "user of " + std::string(name), validity};
}

RequestKey request(std::string_view device) {
  const std::string name(device);
  return {hash_of("csr " + name), "transaction " + name, hash_of("key " + name)};
}

Claim claim(std::string_view device, std::string_view password) {
  return {request(device), hash_of(password), "Device"};
}

Claim open_claim(std::string_view device) {
  return {request(device), {}, "Device"};
}

Issue issue(const Claim& claim, std::string_view serial) {
  return {
      .key = claim.key,
      .issued = {std::string(serial), to_buffer(as_bytes("certificate " + std::string(serial)))},
      .subject = "CN=device",
      .certificate_template = claim.certificate_template,
      .not_before = Time{Seconds{1'800'000'000}},
      .not_after = Time{Seconds{1'831'536'000}}};
}

StoredEvent event(std::string_view word) {
  return {2, std::string(word)};
}

}  // namespace scep_ra::store
