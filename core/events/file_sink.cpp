#include "events/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <cerrno>
#include <span>
#include <system_error>

namespace scep_ra::events {
namespace {

// Non-blocking, so that a FIFO without a reader costs an event and not a thread.
constexpr int how = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr mode_t rights = 0640;

// Empty, with errno set, when it cannot be opened.
Descriptor open_or_create(const char* path) noexcept {
  Descriptor file(::open(path, how));
  if (file || errno != ENOENT) return file;
  file = Descriptor(::open(path, how | O_CREAT | O_EXCL, rights));
  if (file) {
    // The umask of a web server may have taken the group's right to read away.
    if (::fchmod(file.get(), rights) != 0) file.reset();
    return file;
  }
  if (errno == EEXIST) file = Descriptor(::open(path, how));  // another process was faster
  return file;
}

ssize_t write_once(int file, std::span<const iovec> pieces) noexcept {
  ssize_t written = 0;
  do {
    written = ::writev(file, pieces.data(), static_cast<int>(pieces.size()));
  } while (written < 0 && errno == EINTR);
  return written;
}

iovec piece(std::string_view text) noexcept {
  return {const_cast<char*>(text.data()), text.size()};  // writev does not write to it
}

}  // namespace

Status FileSink::open() {
  const std::lock_guard lock(mutex_);
  file_ = open_or_create(path_.c_str());
  if (file_) return {};
  return fail(Errc::unavailable, Reason::event_not_written,
              path_.string() + ": " + std::generic_category().message(errno));
}

bool FileSink::write(const EventRecord&, const std::string& json) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    return follow_rotation() && append(json);
  } catch (const std::system_error&) {  // of the mutex
    return false;
  }
}

bool FileSink::follow_rotation() noexcept {
  struct stat named{};
  struct stat opened{};
  const bool is_named = ::stat(path_.c_str(), &named) == 0;
  const bool is_opened = file_ && ::fstat(file_.get(), &opened) == 0;
  if (is_named && is_opened && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
    return true;
  if (Descriptor next = open_or_create(path_.c_str())) {
    file_ = std::move(next);
    line_torn_ = false;
    return true;
  }
  // Better in the rotated file than nowhere; a removed one is nowhere.
  return is_opened && opened.st_nlink > 0;
}

bool FileSink::append(const std::string& json) noexcept {
  const iovec pieces[] = {piece("\n"), piece(json), piece("\n")};
  const std::span<const iovec> line = std::span(pieces).subspan(line_torn_ ? 0 : 1);
  std::size_t size = 0;
  for (const iovec& part : line) size += part.iov_len;
  const ssize_t written = write_once(file_.get(), line);
  if (written > 0) line_torn_ = static_cast<std::size_t>(written) < size;
  return written > 0 && !line_torn_;
}

}  // namespace scep_ra::events
