#include "settings/keys.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "base/text.h"
#include "settings/forms.h"

namespace scep_ra::settings {
namespace {

// A table of the file: how operators call it, and how the rows do.
struct Section {
  std::string written, row;

  [[nodiscard]] Section below(std::string_view key) const {
    const std::string name(key);
    if (row.empty()) return {name, name};
    return {written + "." + name, row + "." + (row == "template" ? "*" : name)};
  }
};

bool is_row(std::string_view key) {
  return std::ranges::find(setting_table(), key, &Setting::key) != setting_table().end();
}

bool is_section(const std::string& key) {
  return std::ranges::any_of(setting_table(),
                             [&](const Setting& row) { return row.key.starts_with(key + "."); });
}

// One quoted key, "ca.kind", is not the key kind of the table ca.
bool is_known(const Section& section, std::string_view key) {
  if (section.row != "template" && key.contains('.')) return false;
  const std::string row = section.below(key).row;
  return is_row(row) || is_section(row);
}

// How many letters one must change to make one word of another (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> costs(b.size() + 1);
  std::iota(costs.begin(), costs.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(costs[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(costs[j + 1], std::min({replaced, costs[j] + 1, costs[j + 1] + 1}));
    }
  }
  return costs.back();
}

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}

// The key of the same table that looks most like it.
std::optional<std::string> near_key(const Section& section, std::string_view unknown) {
  const std::string prefix = section.row.empty() ? "" : section.row + ".";
  const std::string wanted = lower(unknown);
  std::optional<std::string> nearest;
  std::size_t least = std::max<std::size_t>(2, unknown.size() / 3) + 1;
  for (const Setting& row : setting_table()) {
    if (!row.key.starts_with(prefix)) continue;
    const std::string_view rest = row.key.substr(prefix.size());
    const std::string_view candidate = rest.substr(0, rest.find('.'));
    const std::size_t changes = distance(wanted, lower(candidate));
    if (changes >= least || changes >= candidate.size()) continue;
    least = changes;
    nearest = section.below(candidate).written;
  }
  return nearest;
}

// The same key where it belongs.
std::optional<std::string> key_elsewhere(std::string_view unknown) {
  for (const Setting& row : setting_table())
    if (last_part(row.key) == unknown) return written_key(row.key, "NAME");
  return std::nullopt;
}

void tell_unknown(const Section& section, std::string_view key, std::uint32_t line,
                  Faults& faults) {
  constexpr std::size_t longest = 64;
  std::optional<std::string> meant;
  if (key.size() <= longest) meant = near_key(section, key);
  if (!meant) meant = key_elsewhere(key);
  std::string reason = "unknown key " + escaped(section.below(key.substr(0, longest)).written);
  if (meant) reason += " (did you mean " + escaped(*meant) + "?)";
  faults.add(line, reason);
}

void check_table(const toml::table& table, const Section& section, Settings& settings,
                 Faults& faults) {
  for (const auto& [key, node] : table) {
    const Section below = section.below(key.str());
    const std::uint32_t line = node.is_table() ? node.source().begin.line : key.source().begin.line;
    if (section.row == "template" && !is_template_name(key.str())) {
      faults.add(line, "the name of template " + in_quotes(key.str()) +
                           " must be 1 to 64 letters, digits, blanks and _().-");
    } else if (!is_known(section, key.str())) {
      tell_unknown(section, key.str(), line, faults);
    } else if (is_row(below.row)) {
      settings.lines[below.written] = line;
    } else if (const auto* inner = node.as_table()) {
      settings.lines[below.written] = line;
      check_table(*inner, below, settings, faults);
    } else {
      faults.add(line, escaped(below.written) + ": expected a table, found " +
                           std::string(type_name(node)));
    }
  }
}

}  // namespace

void check_keys(const toml::table& root, Settings& settings, Faults& faults) {
  check_table(root, {}, settings, faults);
}

std::string written_key(std::string_view row_key, std::string_view template_name) {
  if (!row_key.starts_with(template_prefix)) return std::string(row_key);
  return "template." + std::string(template_name) + "." +
         std::string(row_key.substr(template_prefix.size()));
}

}  // namespace scep_ra::settings
