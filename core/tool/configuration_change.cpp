#include "tool/configuration_change.h"

#include <sys/stat.h>

#include <system_error>

#include "parts.h"

namespace scep_ra::tool {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_configuration = std::size_t{1024} * 1024;

// A link stays one: what it leads to is changed.
Path whole_path(const Path& configuration) {
  std::error_code code;
  auto path = fs::canonical(configuration, code);
  return code ? fs::absolute(configuration) : path;
}

unsigned mode_of(const Path& file) {
  struct stat status{};
  return stat(file.c_str(), &status) == 0 ? status.st_mode & 0777 : 0640;
}

// A name that is like it, but not a beginning of another word.
bool is_taken(const std::string& name, const std::string& stem) {
  return name.starts_with(stem) &&
         (name.size() == stem.size() || name[stem.size()] == '.' || name[stem.size()] == '-');
}

}  // namespace

ConfigurationChange::ConfigurationChange(const Path& configuration)
    : configuration_(whole_path(configuration)),
      // The folder names in it are relative to is that of the name that was given.
      folder_(fs::absolute(configuration).lexically_normal().parent_path()) {}

void ConfigurationChange::add_file(const std::string& name, std::string_view content,
                                   unsigned mode) {
  files_.push_back({folder_ / name, Secret(content), mode});
}

void ConfigurationChange::set(const std::string& key, std::string toml_value) {
  changes_.push_back({key, std::move(toml_value)});
}

std::string ConfigurationChange::name_of(const Path& file) const {
  return file.parent_path() == folder_ ? file.filename().string() : file.string();
}

std::string ConfigurationChange::free_stem(const std::string& like) const {
  for (unsigned number = 2;; ++number) {
    std::string stem = like + "-" + std::to_string(number);
    std::error_code code;
    bool taken = false;
    for (const auto& entry : fs::directory_iterator(folder_, code))
      taken = taken || is_taken(entry.path().filename().string(), stem);
    if (!taken) return stem;
  }
}

// The files, then the configuration; the checking copy stands where relative names mean the same.
Status ConfigurationChange::write(std::vector<Path>& written) const {
  const auto text = read_file(configuration_, largest_configuration, Rights::any);
  if (!text) return std::unexpected(text.error());
  const auto changed = settings::changed_text(*text, changes_);
  if (!changed) return std::unexpected(changed.error());
  for (const File& file : files_) {
    Status done = write_new_file(file.path, as_text(file.content.reveal()), file.mode);
    if (!done) return done;
    written.push_back(file.path);
  }
  const Path copy = folder_ / ("." + configuration_.filename().string() + ".new");
  std::error_code ignored;
  fs::remove(copy, ignored);
  const auto mode = mode_of(configuration_);
  Status done = write_new_file(copy, *changed, mode);
  if (done) {
    if (const auto read_back = join_parts(copy); !read_back)
      done = fail(
          Errc::unavailable, Reason::configuration_invalid,
          "nothing was changed, since the outcome would not be good: " + read_back.error().detail);
  }
  fs::remove(copy, ignored);
  if (done) done = replace_file(configuration_, *changed, mode);
  return done;
}

Status ConfigurationChange::commit() {
  std::vector<Path> written;
  Status done = write(written);
  std::error_code ignored;
  if (!done)
    for (const Path& file : written) fs::remove(file, ignored);
  return done;
}

}  // namespace scep_ra::tool
