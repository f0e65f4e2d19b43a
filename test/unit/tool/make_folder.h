#pragma once

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "base/files.h"

namespace scep_ra::test {

// A folder of a test's own; gone with the object.
struct Folder {
  Folder() {
    if (!mkdtemp(name)) throw std::runtime_error("no folder");
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  char name[32] = "/tmp/scep-ra-tool-XXXXXX";
  Path path;
};

inline std::string user_name() {
  const passwd* account = getpwuid(geteuid());
  return account ? account->pw_name : "";
}

}  // namespace scep_ra::test
