#include <string>
#include <type_traits>

#include "settings/forms.h"
#include "settings/keys.h"
#include "settings/setting_table.h"

namespace scep_ra::settings {
namespace {

constexpr std::string_view type_word(const std::string*) {
  return "text";
}
constexpr std::string_view type_word(const Path*) {
  return "file";
}
constexpr std::string_view type_word(const std::vector<Path>*) {
  return "list of files";
}
constexpr std::string_view type_word(const bool*) {
  return "`true` or `false`";
}
constexpr std::string_view type_word(const std::uint32_t*) {
  return "number";
}
constexpr std::string_view type_word(const std::uint64_t*) {
  return "size";
}
constexpr std::string_view type_word(const Seconds*) {
  return "duration";
}
constexpr std::string_view type_word(const Words*) {
  return "list";
}
constexpr std::string_view type_word(const Patterns*) {
  return "table of expressions";
}
constexpr std::string_view type_word(const Secret*) {
  return "`{ file = \"...\" }` or text";
}

std::string bound(const Field& field, std::uint64_t value) {
  if (std::holds_alternative<Seconds* (*)(Settings&)>(field)) return duration_text(value);
  if (std::holds_alternative<std::uint64_t* (*)(Settings&)>(field)) return size_text(value);
  return std::to_string(value);
}

std::string check_words(const Setting& row) {
  if (const auto* form = std::get_if<Form>(&row.check); form && !form->description.empty())
    return ": " + std::string(form->description);
  if (const auto* range = std::get_if<Range>(&row.check))
    return ", " + bound(row.field, range->least) + " to " + bound(row.field, range->most);
  std::string words;
  if (const auto* one_of = std::get_if<OneOf>(&row.check))
    for (const auto word : one_of->words)
      words += (words.empty() ? ": `" : ", `") + std::string(word) + "`";
  return words;
}

std::string row_markdown(const Setting& row) {
  const std::string_view type = std::visit(
      [](auto field) { return type_word(std::invoke_result_t<decltype(field), Settings&>{}); },
      row.field);
  std::string fallback(row.fallback);
  if (fallback.empty())
    fallback = "must be there";
  else if (fallback != no_value)
    fallback = "`" + fallback + "`";
  return "| `" + written_key(row.key, "NAME") + "` | " + std::string(type) + check_words(row) +
         " | " + fallback + " | " + std::string(row.help) + " |\n";
}

}  // namespace

std::string settings_reference_markdown() {
  std::string markdown = "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const Setting& row : setting_table()) markdown += row_markdown(row);
  return markdown;
}

}  // namespace scep_ra::settings
