#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "tool/worker.h"

namespace scep_ra::tool {

// The files of a new RA, all or none, replacing nothing: they are written into a hidden folder
// beside their place, moved when all are there, and taken away again when something fails before
// `keep`. Errors are Errc::unavailable.
class Installation {
 public:
  // Files of those names will come into `folder`, in this order; the last one says that all are
  // there. Makes the folder if need be.
  static Result<Installation> begin(const Path& folder, std::vector<std::string> names);
  ~Installation();
  Installation(Installation&&) noexcept;
  Installation& operator=(Installation&&) = delete;

  Status write(const std::string& name, std::string_view content, unsigned mode);
  Status give_to_group(const std::string& name, gid_t group);  // root only

  // A folder of the worker's. One that exists is left as it is and must be his.
  Status add_folder(const Path&, const Worker&, gid_t group, unsigned mode);

  [[nodiscard]] Path staged(const std::string& name) const { return staging_ / name; }
  Status move_into_place();
  void keep();

 private:
  Installation(Path folder, std::vector<std::string> names);
  Path folder_, staging_;
  std::vector<std::string> names_;
  std::vector<Path> placed_, folders_;  // to be taken away again
};

}  // namespace scep_ra::tool
