#include "make_toml.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "scep-ra/error.h"

namespace fs = std::filesystem;

const std::string smallest = R"([ra]
name = "Test RA"
[ra.signing]
certificate = "ra-signing.pem"
key = "ra-signing.key"
[ra.encryption]
certificate = "ra-encryption.pem"
key = "ra-encryption.key"

[ca]
certificate = "ca.pem"
key = "ca.key"

[templates]
signature = "Device"
encryption = "Device"
general_purpose = "Device"

[template.Device]
validity = "90d"
)";

TomlFolder::TomlFolder() {
  std::string name = (fs::temp_directory_path() / "settings-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
  write("state-secret", std::string(64, 'a') + "\n", 0400);
}

TomlFolder::~TomlFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TomlFolder::write(const std::string& name, std::string_view content, unsigned mode) const {
  const fs::path file = path_ / name;
  fs::remove(file);
  std::ofstream(file, std::ios::binary) << content;
  if (::chmod(file.c_str(), static_cast<mode_t>(mode)) != 0) throw std::runtime_error("chmod");
}

scep_ra::Result<scep_ra::settings::Settings> TomlFolder::read(std::string_view text,
                                                              unsigned mode) const {
  write("scep-ra.toml", text, mode);
  return scep_ra::settings::read_settings(toml());
}

std::string TomlFolder::fault(std::string_view text, unsigned mode) const {
  const auto settings = read(text, mode);
  if (settings) return "accepted";
  if (settings.error().code != scep_ra::Errc::config) return "not Errc::config";
  std::string detail = settings.error().detail;
  const std::string folder = path_.string() + "/";
  for (auto at = detail.find(folder); at != detail.npos; at = detail.find(folder))
    detail.erase(at, folder.size());
  return detail;
}

std::string with_line(std::string text, std::string_view line, std::string_view replacement) {
  const auto at = text.find(std::string(line) + "\n");
  if (at == text.npos) throw std::logic_error("no such line: " + std::string(line));
  return text.replace(at, line.size(), replacement);
}
