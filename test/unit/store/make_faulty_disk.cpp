#include "make_faulty_disk.h"

#include <sqlite3.h>

#include <cstring>

namespace scep_ra::store {
namespace {

FaultyDisk* disk = nullptr;

// The file that SQLite sees; the true one lies behind it in the same memory.
struct FaultyFile {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<FaultyFile*>(file)->real();
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  if (disk->write_result != 0) return disk->write_result;
  return real(file)->pMethods->xWrite(real(file), from, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  ++disk->syncs;
  disk->on_sync();
  if (disk->sync_result != 0) return disk->sync_result;
  return real(file)->pMethods->xSync(real(file), flags);
}

const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    .xRead = [](sqlite3_file* f, void* to, int size,
                sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, size, at); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f,
                    sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f,
                    sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    .xLock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); },
    .xUnlock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); },
    .xCheckReservedLock =
        [](sqlite3_file* f, int* out) {
          return real(f)->pMethods->xCheckReservedLock(real(f), out);
        },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    .xShmMap =
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return real(f)->pMethods->xShmLock(real(f), offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f,
                    int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* system_disk() {
  return sqlite3_vfs_find("unix");
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  const int code = system_disk()->xOpen(system_disk(), name, real(file), flags, out);
  file->pMethods = real(file)->pMethods != nullptr ? &methods : nullptr;
  return code;
}

sqlite3_vfs faulty;

}  // namespace

FaultyDisk::FaultyDisk() {
  disk = this;
  sqlite3_initialize();
  std::memcpy(&faulty, system_disk(), sizeof faulty);
  faulty.zName = "faulty";
  faulty.szOsFile += static_cast<int>(sizeof(FaultyFile));
  faulty.pNext = nullptr;
  faulty.xOpen = open;
  sqlite3_vfs_register(&faulty, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&faulty);
  sqlite3_vfs_register(system_disk(), 1);
  disk = nullptr;
}

}  // namespace scep_ra::store
