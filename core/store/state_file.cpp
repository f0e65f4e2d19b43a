#include "store/state_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/store_error.h"

namespace scep_ra::store {
namespace {

std::unexpected<Error> system_failure(const Path& path) {
  return unavailable(path.string() + ": " + std::generic_category().message(errno));
}

// -wal and -shm are made and removed beside the database, so the folder counts as much as the file.
Status check_folder(const Path& folder) {
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) return system_failure(folder);
  if (!S_ISDIR(found.st_mode)) return unavailable(folder.string() + ": is not a folder");
  if (found.st_uid != ::geteuid())
    return unavailable(folder.string() + ": belongs to user " + std::to_string(found.st_uid) +
                       ", not to " + std::to_string(::geteuid()));
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return unavailable(folder.string() + ": others may write there");
  return {};
}

}  // namespace

Status prepare_state_file(const Path& file, Absent absent) {
  if (Status folder = check_folder(file.parent_path()); !folder) return folder;
  // mknod and chmod take no descriptor: closing one would drop the locks that SQLite holds on the
  // same file for another connection of this process (sqlite.org/howtocorrupt.html, 2.2).
  if (absent == Absent::make && ::mknod(file.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0 &&
      errno != EEXIST)
    return system_failure(file);
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) return system_failure(file);
  if (!S_ISREG(found.st_mode)) return unavailable(file.string() + ": is not a regular file");
  if (found.st_uid != ::geteuid())
    return unavailable(file.string() + ": belongs to user " + std::to_string(found.st_uid));
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0 &&
      ::chmod(file.c_str(), found.st_mode & S_IRWXU) != 0)
    return system_failure(file);
  return {};
}

}  // namespace scep_ra::store
