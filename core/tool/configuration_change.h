#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/secret.h"
#include "settings/edit.h"

namespace scep_ra::tool {

// New files and the keys of the configuration that name them, in force together: nothing that is
// there is replaced but the configuration, last and by one rename, after an RA could be read from
// it. What it names no longer stays beside.
class ConfigurationChange {
 public:
  explicit ConfigurationChange(const Path& configuration);

  // A file in the configuration's folder, written at `commit`.
  void add_file(const std::string& name, std::string_view content, unsigned mode);
  void set(const std::string& key, std::string toml_value);  // empty: the key goes

  // A file of that folder by its name, another one by its whole path.
  [[nodiscard]] std::string name_of(const Path&) const;
  // "issuing-ca-2" for "issuing-ca": so that no file there is called that or begins so and a dot or
  // a dash.
  [[nodiscard]] std::string free_stem(const std::string& like) const;
  [[nodiscard]] const Path& folder() const { return folder_; }
  [[nodiscard]] const std::vector<settings::Change>& changes() const { return changes_; }

  // All or nothing. Errc::unavailable; Errc::config when what comes out is no configuration.
  Status commit();

 private:
  struct File {
    Path path;
    Secret content;
    unsigned mode;
  };
  Status write(std::vector<Path>& written) const;
  Path configuration_, folder_;
  std::vector<File> files_;
  std::vector<settings::Change> changes_;
};

}  // namespace scep_ra::tool
