#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "settings/settings.h"

// A folder with a `scep-ra.toml` and a `state-secret`, removed with everything in it.
class TomlFolder {
 public:
  TomlFolder();
  ~TomlFolder();
  TomlFolder(const TomlFolder&) = delete;
  TomlFolder& operator=(const TomlFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path toml() const { return path_ / "scep-ra.toml"; }

  void write(const std::string& name, std::string_view content, unsigned mode) const;
  scep_ra::Result<scep_ra::settings::Settings> read(std::string_view toml,
                                                    unsigned mode = 0640) const;
  // The error's detail without the folder, or "accepted".
  std::string fault(std::string_view toml, unsigned mode = 0640) const;

 private:
  std::filesystem::path path_;
};

// The smallest file that is right, 20 lines; the numbers are lines.
//  1 [ra] 2 name 3 [ra.signing] 6 [ra.encryption] 10 [ca] 11 certificate 12 key 14 [templates]
//  15 signature 16 encryption 17 general_purpose 19 [template.Device] 20 validity
extern const std::string smallest;

// `text` with one line in the place of another one, which must be there.
std::string with_line(std::string text, std::string_view line, std::string_view replacement);
