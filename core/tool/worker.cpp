#include "tool/worker.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <system_error>

namespace scep_ra::tool {

namespace {

constexpr const char* usual_worker = "www-data";

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::unavailable, Reason::none, std::move(why));
}

std::string why() {
  return std::generic_category().message(errno);
}

}  // namespace

bool is_root() {
  return geteuid() == 0;
}

Result<Worker> find_worker(const std::string& name) {
  const auto* account = !name.empty() ? getpwnam(name.c_str())
                        : is_root()   ? getpwnam(usual_worker)
                                      : getpwuid(geteuid());
  if (!account && name.empty() && !is_root())
    return refuse("the user number " + std::to_string(geteuid()) + " has no account");
  if (!account)
    return refuse("there is no user " + (name.empty() ? std::string(usual_worker) : name) +
                  "; `--user` names the one the web server's workers run as");
  if (!is_root() && account->pw_uid != geteuid())
    return refuse("only root can make files for " + std::string(account->pw_name));
  Worker worker{account->pw_name, account->pw_uid, account->pw_gid, account->pw_gid};
  const auto* readers = is_root() ? getgrnam("adm") : nullptr;
  if (readers) worker.log_group = readers->gr_gid;
  return worker;
}

std::string caller_name() {
  const auto* account = getpwuid(getuid());
  return "os:" + (account ? std::string(account->pw_name) : std::to_string(getuid()));
}

Status become_owner_of(const Path& folder) {
  struct stat status{};
  if (stat(folder.c_str(), &status) != 0) return refuse(folder.string() + ": " + why());
  if (!is_root() || status.st_uid == 0) return {};
  if (setgroups(0, nullptr) != 0 || setgid(status.st_gid) != 0 || setuid(status.st_uid) != 0)
    return refuse("cannot become the owner of " + folder.string() + ": " + why());
  return {};
}

int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    const int code = work();
    std::cout.flush();
    _exit(code);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
  return WEXITSTATUS(status);
}

Status as_owner_of(const Path& folder, const std::function<Status()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return refuse("a pipe: " + why());
  const pid_t child = fork();
  if (child == 0) {
    Status done = become_owner_of(folder);
    if (done) done = work();
    const std::string detail = done ? std::string() : done.error().detail;
    const bool told = write(ends[1], detail.data(), detail.size()) >= 0;
    _exit(done && told ? 0 : 1);
  }
  close(ends[1]);
  std::string detail;
  std::array<char, 1024> piece{};
  for (ssize_t count = 0; child > 0 && (count = read(ends[0], piece.data(), piece.size())) > 0;)
    detail.append(piece.data(), static_cast<std::size_t>(count));
  close(ends[0]);
  int code = 1;
  if (child < 0) return refuse("another process: " + why());
  if (waitpid(child, &code, 0) == child && code == 0) return {};
  return refuse(detail.empty()
                    ? "the process that works as the owner of " + folder.string() + " ended early"
                    : detail);
}

}  // namespace scep_ra::tool
