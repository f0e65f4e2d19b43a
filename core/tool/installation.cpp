#include "tool/installation.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace scep_ra::tool {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refuse(const Path& path, const std::string& why) {
  return fail(Errc::unavailable, Reason::none, path.string() + ": " + why);
}

std::unexpected<Error> refuse(const Path& path, const std::error_code& code) {
  return refuse(path, code.message());
}

std::unexpected<Error> refuse_with_errno(const Path& path) {
  return refuse(path, std::generic_category().message(errno));
}

constexpr uid_t same_user = static_cast<uid_t>(-1);
constexpr gid_t same_group = static_cast<gid_t>(-1);

// By a descriptor: whoever owns the folder above must not swap this one for a link meanwhile.
Status give_rights(const Path& folder, uid_t user, gid_t group, mode_t mode) {
  const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return refuse_with_errno(folder);
  Status given;
  if (fchown(opened, user, group) != 0 || fchmod(opened, mode) != 0)
    given = refuse_with_errno(folder);
  close(opened);
  return given;
}

// Creates the folder with those above it; what was made is remembered, the outermost first.
Status make_folders(const Path& folder, std::vector<Path>& made) {
  std::error_code code;
  if (fs::exists(folder, code)) return {};
  if (folder.has_parent_path() && folder.parent_path() != folder)
    if (Status above = make_folders(folder.parent_path(), made); !above) return above;
  if (!fs::create_directory(folder, code)) return refuse(folder, code);
  made.push_back(folder);
  return give_rights(folder, same_user, same_group, 0755);
}

}  // namespace

Installation::Installation(Path folder, std::vector<std::string> names)
    : folder_(std::move(folder)), names_(std::move(names)) {}

Result<Installation> Installation::begin(const Path& folder, std::vector<std::string> names) {
  std::error_code code;
  for (const auto& name : names)
    if (fs::exists(fs::symlink_status(folder / name, code)))
      return refuse(folder / name, "is there already; init replaces nothing");
  Installation made(folder, std::move(names));
  if (Status there = make_folders(folder, made.folders_); !there)
    return std::unexpected(std::move(there).error());
  std::string staging = (folder / ".scep-ra-init-XXXXXX").string();
  if (!mkdtemp(staging.data())) return refuse_with_errno(folder);
  made.staging_ = staging;
  return made;
}

Installation::Installation(Installation&& other) noexcept
    : folder_(std::move(other.folder_)),
      staging_(std::exchange(other.staging_, {})),
      names_(std::move(other.names_)),
      placed_(std::exchange(other.placed_, {})),
      folders_(std::exchange(other.folders_, {})) {}

Installation::~Installation() {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
  for (const auto& file : placed_) fs::remove(file, ignored);
  for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder)
    fs::remove(*folder, ignored);
}

void Installation::keep() {
  placed_.clear();
  folders_.clear();
}

Status Installation::write(const std::string& name, std::string_view content, unsigned mode) {
  Status written = write_new_file(staged(name), content, mode);
  if (!written) written.error().code = Errc::unavailable;
  return written;
}

Status Installation::give_to_group(const std::string& name, gid_t group) {
  if (chown(staged(name).c_str(), geteuid(), group) != 0) return refuse_with_errno(folder_ / name);
  return {};
}

Status Installation::add_folder(const Path& folder, const Worker& worker, gid_t group,
                                unsigned mode) {
  struct stat status{};
  if (stat(folder.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) return refuse(folder, "is there and no folder");
    if (status.st_uid != worker.user)
      return refuse(folder, "is there and does not belong to " + worker.name);
    if ((status.st_mode & S_IWOTH) != 0)
      return refuse(folder, "is there and all may write into it");
    return {};
  }
  if (Status made = make_folders(folder, folders_); !made) return made;
  return give_rights(folder, worker.user, group, mode);
}

Status Installation::move_into_place() {
  for (const auto& name : names_) {
    std::error_code code;
    fs::create_hard_link(staged(name), folder_ / name, code);  // unlike a rename, replaces nothing
    if (code) return refuse(folder_ / name, code);
    placed_.push_back(folder_ / name);
  }
  return {};
}

}  // namespace scep_ra::tool
