#include "settings/toml_tree.h"

#include <exception>

#include "base/text.h"
#include "settings/faults.h"

namespace scep_ra::settings {
namespace {

// One printable line; toml++ has escaped what it quotes, so its backslashes stay as they are.
std::string one_line(std::string_view text) {
  std::string line = escaped(text);
  for (auto at = line.find("\\\\"); at != line.npos; at = line.find("\\\\", at + 1))
    line.erase(at, 1);
  return line;
}

// toml++ quotes single characters and keys, which help, and numbers, which may be half a secret
// written without quotation marks.
std::string without_values(std::string_view description) {
  if (description.contains("cannot redefine") || description.contains("cannot insert"))
    return one_line(description);
  constexpr std::size_t longest = 8;
  std::string text;
  for (;;) {
    const auto open = description.find('\'');
    const auto close = open == description.npos ? open : description.find('\'', open + 1);
    if (close == description.npos) return one_line(text + std::string(description));
    if (close - open - 1 > longest)
      text.append(description.substr(0, open)).append("this");
    else
      text.append(description.substr(0, close + 1));
    description.remove_prefix(close + 1);
  }
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, const Path& file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return std::unexpected(fault_error(file, error.source().begin.line,
                                       "no valid TOML: " + without_values(error.description())));
  } catch (const std::exception&) {
    return std::unexpected(fault_error(file, 0, "no valid TOML"));
  }
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  return "something else";
}

const toml::node* find_node(const toml::table& table, std::string_view dotted) {
  const toml::table* at = &table;
  for (;;) {
    const auto dot = dotted.find('.');
    const toml::node* node = at->get(dotted.substr(0, dot));
    if (node == nullptr || dot == dotted.npos) return node;
    at = node->as_table();
    if (at == nullptr) return nullptr;
    dotted.remove_prefix(dot + 1);
  }
}

}  // namespace scep_ra::settings
