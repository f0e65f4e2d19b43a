#pragma once

#include <atomic>
#include <functional>

namespace scep_ra::store {

// While it lives, SQLite's disk breaks on demand. Opened databases must be closed before it goes.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // What the next writes and syncs say: an SQLite result code, 0 for the truth.
  std::atomic<int> write_result = 0;
  std::atomic<int> sync_result = 0;
  std::atomic<int> syncs = 0;
  std::function<void()> on_sync = [] {};
};

}  // namespace scep_ra::store
