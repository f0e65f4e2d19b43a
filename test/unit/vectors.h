#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

// Test vectors of other projects, read where they lie and never copied into this one.
namespace scep_ra::test {

inline std::optional<std::string> file_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A file below the folder that SCEP_RA_VECTORS names.
inline std::optional<std::string> vector_file(const std::string& name) {
  const char* folder = std::getenv("SCEP_RA_VECTORS");
  return folder ? file_content(std::filesystem::path(folder) / name) : std::nullopt;
}

// A file of golang-github-micromdm-scep-dev or golang-github-fullsailor-pkcs7-dev.
inline std::optional<std::string> package_file(const std::string& name) {
  return file_content(std::filesystem::path("/usr/share/gocode/src/github.com") / name);
}

}  // namespace scep_ra::test
