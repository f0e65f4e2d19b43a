#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/files.h"
#include "scep-ra/error.h"

namespace scep_ra::tool {

// The user the web server's workers run as: owner of the state folder (interfaces.md section 9).
struct Worker {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
  gid_t log_group = 0;  // adm where that exists
};

// By name; empty: www-data when root calls, else the caller, who can make no other's files.
Result<Worker> find_worker(const std::string& name);

bool is_root();

// `os:NAME` of whoever called, for events. To be asked before the change of user.
std::string caller_name();

// Root becomes the owner of that folder for the rest of the process, so that no file in it is
// root's; another caller stays who he is. Errc::unavailable.
Status become_owner_of(const Path& folder);

// Does work that changes the user in a process of its own, and stays who this process is. Its exit
// code; 1 when it ended early.
int in_child(const std::function<int()>& work);

// Does work as that owner in a process of its own, and stays who this process is. Its error comes
// back as Errc::unavailable.
Status as_owner_of(const Path& folder, const std::function<Status()>& work);

}  // namespace scep_ra::tool
