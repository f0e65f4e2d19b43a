#pragma once

#include <sys/types.h>

#include <chrono>

namespace scep_ra::bench {

// CPU time, user and system, that a process, its living children and those it has waited for have
// spent: a web server's master with its workers. To a hundredth of a second.
std::chrono::microseconds server_cpu(pid_t master);

}  // namespace scep_ra::bench
