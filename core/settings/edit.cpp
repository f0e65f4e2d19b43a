#include "settings/edit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "base/text.h"
#include "settings/toml_tree.h"

namespace scep_ra::settings {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

bool is_blank_or_comment(std::string_view rest) {
  rest = trimmed(rest);
  return rest.empty() || rest.starts_with('#');
}

// Where things stand in a text; toml++ counts lines and code points from 1.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}

  // Of the beginning of that line; beyond the last one the end.
  [[nodiscard]] std::size_t line(std::uint32_t number) const {
    std::size_t at = 0;
    for (; number > 1 && at < text_.size(); --number)
      at = std::min(text_.find('\n', at), text_.size() - 1) + 1;
    return at;
  }
  [[nodiscard]] std::size_t offset(toml::source_position place) const {
    std::size_t at = line(place.line);
    for (auto column = place.column; column > 1 && at < text_.size(); --column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80) ++at;
    }
    return at;
  }
  [[nodiscard]] std::size_t end_of_line(std::size_t at) const {
    return std::min(text_.find('\n', at), text_.size());
  }
  [[nodiscard]] std::string_view between(std::size_t begin, std::size_t end) const {
    return begin < end ? text_.substr(begin, end - begin) : std::string_view{};
  }

 private:
  std::string_view text_;
};

std::pair<std::string, std::string> table_and_name(const std::string& key) {
  const auto dot = key.rfind('.');
  if (dot == key.npos) return {"", key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

std::optional<std::string> with_value(std::string_view text, const toml::node& node,
                                      const std::string& value) {
  const Places places(text);
  std::string made(text);
  const auto begin = places.offset(node.source().begin);
  const auto end = places.offset(node.source().end);
  if (begin >= end) return std::nullopt;
  return made.replace(begin, end - begin, value);
}

// The whole of its lines, which must hold nothing else.
std::optional<std::string> without(std::string_view text, const toml::node& node) {
  const Places places(text);
  const auto begin = places.line(node.source().begin.line);
  const auto value = places.offset(node.source().begin);
  const auto end = places.offset(node.source().end);
  const auto next = places.end_of_line(end);
  const auto front = trimmed(places.between(begin, value));
  if (!front.ends_with('=') || front.find_first_of("{,=") != front.size() - 1 ||
      !is_blank_or_comment(places.between(end, next)))
    return std::nullopt;
  std::string made(text);
  return made.erase(begin, std::min(next + 1, text.size()) - begin);
}

// Behind the last key of its table, or behind the header.
std::optional<std::string> with_key(std::string_view text, const toml::table& table,
                                    const std::string& header, const std::string& line) {
  const Places places(text);
  const auto first = table.source().begin.line;
  const auto start = places.line(first);
  const auto written = trimmed(places.between(start, places.end_of_line(start)));
  if (!written.starts_with("[" + header + "]")) return std::nullopt;
  auto last = first;
  for (const auto& [key, node] : table)
    if (!node.is_table()) last = std::max(last, node.source().end.line);
  const auto at = places.end_of_line(places.line(last));
  std::string made(text);
  return made.insert(at, "\n" + line);
}

std::optional<std::string> changed(std::string_view text, const toml::table& root,
                                   const Change& change) {
  const toml::node* node = find_node(root, change.key);
  if (node != nullptr && change.value.empty()) return without(text, *node);
  if (node != nullptr) return with_value(text, *node, change.value);
  if (change.value.empty()) return std::string(text);
  const auto [header, name] = table_and_name(change.key);
  const toml::node* table = find_node(root, header);
  if (table == nullptr || !table->is_table()) return std::nullopt;
  return with_key(text, *table->as_table(), header, name + " = " + change.value);
}

// What reading the changed text must give.
bool apply(toml::table& root, const Change& change) {
  const auto [header, name] = table_and_name(change.key);
  auto* table = toml::at_path(root, header).as_table();
  if (table == nullptr) return false;
  if (change.value.empty()) {
    table->erase(name);
    return true;
  }
  auto value = parse_toml("value = " + change.value, {});
  if (!value) return false;
  table->insert_or_assign(name, std::move(*value->get("value")));
  return true;
}

std::unexpected<Error> by_hand(const std::vector<Change>& changes) {
  std::string lines;
  for (const Change& change : changes)
    lines += "\n  " +
             (change.value.empty() ? "without " + change.key : change.key + " = " + change.value);
  return fail(Errc::unavailable, Reason::configuration_invalid,
              "the configuration cannot be changed in its present form; write by hand:" + lines);
}

}  // namespace

std::string toml_text(std::string_view text) {
  std::string made = "\"";
  for (char letter : text) {
    const auto octet = static_cast<std::uint8_t>(letter);
    if (letter == '"' || letter == '\\') made.push_back('\\');
    if (octet < 0x20 || octet == 0x7f)
      made += "\\u00" + hex_upper({&octet, 1});
    else
      made.push_back(letter);
  }
  return made + "\"";
}

std::string toml_list(const std::vector<std::string>& texts) {
  std::string made = "[";
  for (const auto& text : texts) made += (made.size() > 1 ? ", " : "") + toml_text(text);
  return made + "]";
}

Result<std::string> changed_text(std::string_view text, const std::vector<Change>& changes) {
  std::string made(text);
  for (const Change& change : changes) {
    auto root = parse_toml(made, {});
    if (!root) return std::unexpected(std::move(root).error());
    auto next = changed(made, *root, change);
    if (!next || !apply(*root, change)) return by_hand(changes);
    const auto read = parse_toml(*next, {});
    if (!read || *read != *root) return by_hand(changes);
    made = *std::move(next);
  }
  return made;
}

}  // namespace scep_ra::settings
