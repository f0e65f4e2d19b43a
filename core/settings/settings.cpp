#include "settings/settings.h"

#include <utility>

#include "base/files.h"
#include "settings/agreement.h"
#include "settings/forms.h"
#include "settings/keys.h"
#include "settings/secret_value.h"
#include "settings/value_reader.h"

namespace scep_ra::settings {
namespace {

// One setting: written below `table` as `name`, or its default.
void read_row(const Setting& row, const toml::table& table, std::string_view name,
              const std::string& key, Settings& settings, Faults& faults) {
  ValueReader reader(settings, faults);
  const std::uint32_t line = settings.line(key);
  if (const toml::node* value = find_node(table, name))
    reader.read(row, key, line, *value);
  else if (row.fallback.empty())
    faults.add_absent(line, key + " is missing");
  else if (row.fallback != no_value)
    reader.read_default(row, key, line);
}

void read_templates(const toml::table& templates, Settings& settings, Faults& faults) {
  for (const auto& [name, node] : templates) {
    const auto* table = node.as_table();
    if (table == nullptr || !is_template_name(name.str())) continue;  // told by check_keys
    settings.template_list.emplace_back().name = name.str();
    for (const Setting& row : setting_table())
      if (row.key.starts_with(template_prefix))
        read_row(row, *table, row.key.substr(template_prefix.size()),
                 written_key(row.key, name.str()), settings, faults);
  }
}

void read_tree(const toml::table& root, Settings& settings, Faults& faults) {
  check_keys(root, settings, faults);
  for (const Setting& row : setting_table())
    if (!row.key.starts_with(template_prefix))
      read_row(row, root, row.key, std::string(row.key), settings, faults);
  if (const auto* templates = root.get_as<toml::table>("template"))
    read_templates(*templates, settings, faults);
  if (faults.none()) check_agreement(settings, faults);
}

}  // namespace

Result<Settings> read_settings(const Path& file) {
  auto text = read_file(file, largest_file, Rights::any);
  if (!text) return std::unexpected(std::move(text).error());
  auto root = parse_toml(*text, file);
  wipe_text(*text);  // it may hold a secret
  if (!root) return std::unexpected(std::move(root).error());

  Settings settings;
  settings.file = file;
  Faults faults;
  read_tree(*root, settings, faults);
  if (auto* written = (*root)["ra"]["state_secret"].as_string()) wipe_text(written->get());
  if (auto fault = faults.first(file)) return std::unexpected(std::move(*fault));
  return settings;
}

std::uint32_t Settings::line(const std::string& key) const {
  for (std::string_view at = key;; at = at.substr(0, at.rfind('.'))) {
    if (const auto found = lines.find(std::string(at)); found != lines.end()) return found->second;
    if (!at.contains('.')) return 0;
  }
}

std::string Settings::where(const std::string& key) const {
  const std::uint32_t at = line(key);
  return at == 0 ? file.string() : file.string() + ":" + std::to_string(at);
}

}  // namespace scep_ra::settings
