#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace scep_ra {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

std::unexpected<Error> file_error(const Path& path, const std::string& what) {
  return fail(Errc::config, Reason::configuration_invalid, path.string() + ": " + what);
}

std::unexpected<Error> system_error(const Path& path, const std::string& what) {
  const int code = errno;
  return file_error(path, what + ": " + std::generic_category().message(code));
}

bool write_all(const Descriptor& file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) content.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool has_mode_on_disk(const Descriptor& file, unsigned mode) {
  return ::fchmod(file.get(), static_cast<mode_t>(mode)) == 0 && ::fsync(file.get()) == 0;
}

// A file of the same owner and group as that one, if it is there.
bool owned_like(const Descriptor& file, const Path& other) {
  struct stat there{};
  struct stat made{};
  if (::stat(other.c_str(), &there) != 0 || ::fstat(file.get(), &made) != 0) return errno == ENOENT;
  if (there.st_uid == made.st_uid && there.st_gid == made.st_gid) return true;
  return ::fchown(file.get(), there.st_uid, there.st_gid) == 0;
}

Status sync_folder_of(const Path& path) {
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return system_error(folder, "cannot sync");
  return {};
}

}  // namespace

Result<std::string> read_file(const Path& path, std::size_t maximum, Rights rights) {
  // O_NONBLOCK: a pipe in the file's place must not hold up the start of a web server.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return system_error(path, "cannot read");
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(path, "cannot read");
  if (!S_ISREG(status.st_mode)) return file_error(path, "not a file");
  if (rights == Rights::owner_only && (status.st_mode & 077) != 0)
    return file_error(path, "others than its owner may use this file (make it mode 0400)");
  // Read into its place at once: a key leaves no copy behind that nobody wipes.
  std::string content(std::min(static_cast<std::size_t>(status.st_size), maximum) + 1, '\0');
  std::size_t filled = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, "cannot read");
    filled += static_cast<std::size_t>(count);
    if (filled > maximum)
      return file_error(path, "larger than " + std::to_string(maximum) + " bytes");
    if (count == 0) break;
    if (filled == content.size()) content.resize(2 * filled);  // it grows while we read
  }
  content.resize(filled);
  return content;
}

Status write_new_file(const Path& path, std::string_view content, unsigned mode) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return system_error(path, "cannot create");
  if (!write_all(file, content) || !has_mode_on_disk(file, mode)) {
    const Status failure = system_error(path, "cannot write");
    ::unlink(path.c_str());  // half a file would stand in the way of the next try
    return failure;
  }
  return sync_folder_of(path);
}

Status replace_file(const Path& path, std::string_view content, unsigned mode) {
  std::string name = (path.parent_path() / ("." + path.filename().string() + ".XXXXXX")).string();
  const Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  const bool replaced = file && write_all(file, content) && owned_like(file, path) &&
                        has_mode_on_disk(file, mode) && ::rename(name.c_str(), path.c_str()) == 0;
  Status done = replaced ? sync_folder_of(path) : Status(system_error(path, "cannot write"));
  if (!replaced && file) ::unlink(name.c_str());
  if (!done) done.error().code = Errc::unavailable;
  return done;
}

}  // namespace scep_ra
