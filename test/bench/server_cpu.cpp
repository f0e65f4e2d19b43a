#include "server_cpu.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace scep_ra::bench {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// utime, stime, cutime and cstime are fields 14 to 17 of proc(5); the name before them may hold
// blanks but ends with the last parenthesis.
long ticks(const std::string& pid, bool with_waited_for) {
  const std::string stat = content("/proc/" + pid + "/stat");
  const auto name_end = stat.rfind(')');
  if (name_end == stat.npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0;
  long system = 0;
  long waited_user = 0;
  long waited_system = 0;
  fields >> user >> system >> waited_user >> waited_system;
  return user + system + (with_waited_for ? waited_user + waited_system : 0);
}

}  // namespace

std::chrono::microseconds server_cpu(pid_t master) {
  const std::string pid = std::to_string(master);
  long sum = ticks(pid, true);
  std::istringstream children(content("/proc/" + pid + "/task/" + pid + "/children"));
  for (std::string child; children >> child;) sum += ticks(child, false);
  return std::chrono::microseconds(sum * 1'000'000 / sysconf(_SC_CLK_TCK));
}

}  // namespace scep_ra::bench
