#include "settings/value_reader.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "settings/forms.h"
#include "settings/secret_value.h"

namespace scep_ra::settings {
namespace {

Path folder_of(const Path& file) {
  std::error_code ignored;  // without a working directory, relative names stay relative
  const Path absolute = std::filesystem::absolute(file, ignored);
  return absolute.parent_path();
}

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + in_quotes(word);
  return text;
}

std::optional<std::string> refuse_word(const OneOf& check, std::string_view word) {
  if (std::ranges::find(check.words, word) != check.words.end()) return std::nullopt;
  const bool not_built = std::ranges::find(check.not_built, word) != check.not_built.end();
  if (not_built)
    return "this build does not have " + in_quotes(word) + ", only " + listed(check.words);
  if (check.words.size() == 1) return in_quotes(word) + " is not " + listed(check.words);
  return in_quotes(word) + " is not one of " + listed(check.words);
}

std::size_t least_of(const Check& check) {
  if (const auto* one_of = std::get_if<OneOf>(&check)) return one_of->least;
  if (const auto* form = std::get_if<Form>(&check)) return form->least;
  return 0;
}

std::string plain_number(std::uint64_t number) {
  return std::to_string(number);
}

}  // namespace

struct ValueReader::Place {
  const toml::node& value;
  const Setting& setting;
  const std::string& key;
  std::uint32_t line;
  bool is_default;

  // A word of a list stands in a line of its own; a default in none.
  [[nodiscard]] Place element(const toml::node& node) const {
    return {node, setting, key, is_default ? line : node.source().begin.line, is_default};
  }
};

ValueReader::ValueReader(Settings& into, Faults& faults)
    : settings_(into), faults_(faults), folder_(folder_of(into.file)) {}

void ValueReader::read(const Setting& setting, const std::string& key, std::uint32_t line,
                       const toml::node& value) {
  read_at({value, setting, key, line, false});
}

void ValueReader::read_default(const Setting& setting, const std::string& key, std::uint32_t line) {
  const auto tree = parse_toml("value = " + std::string(setting.fallback), settings_.file);
  if (tree) read_at({*tree->get("value"), setting, key, line, true});
}

void ValueReader::read_at(const Place& place) {
  std::visit([&](auto field) { take(place, *field(settings_)); }, place.setting.field);
}

void ValueReader::refuse(const Place& place, const std::string& reason) {
  const std::string text = escaped(place.key) + ": " + reason;
  if (place.is_default)
    faults_.add_absent(place.line, text);
  else
    faults_.add(place.line, text);
}

void ValueReader::refuse_type(const Place& place, std::string_view expected) {
  refuse(place,
         "expected " + std::string(expected) + ", found " + std::string(type_name(place.value)));
}

// The rules every text keeps, and the check of its setting.
bool ValueReader::accept(const Place& place, std::string& text) {
  auto reason = refuse_text(text);
  if (!reason) {
    if (const auto* one_of = std::get_if<OneOf>(&place.setting.check))
      reason = refuse_word(*one_of, text);
    else if (const auto* form = std::get_if<Form>(&place.setting.check))
      reason = form->refuse(text, folder_);
  }
  if (reason) refuse(place, *reason);
  return !reason;
}

bool ValueReader::in_range(const Place& place, std::uint64_t value,
                           std::string (*text_of)(std::uint64_t)) {
  const auto* range = std::get_if<Range>(&place.setting.check);
  if (range == nullptr || (value >= range->least && value <= range->most)) return true;
  refuse(place, text_of(value) + " is out of range, " + text_of(range->least) + " to " +
                    text_of(range->most));
  return false;
}

void ValueReader::take(const Place& place, std::string& text) {
  const auto* value = place.value.as_string();
  if (value == nullptr) return refuse_type(place, "a string");
  std::string read = value->get();
  if (accept(place, read)) text = std::move(read);
}

void ValueReader::take(const Place& place, Path& path) {
  const auto* value = place.value.as_string();
  if (value == nullptr) return refuse_type(place, "a string with the name of a file");
  std::string name = value->get();
  if (accept(place, name)) path = absolute_path(name, folder_);
}

void ValueReader::take(const Place& place, std::vector<Path>& paths) {
  const auto* array = place.value.as_array();
  if (array == nullptr) return refuse_type(place, "an array of file names");
  for (const auto& node : *array) take(place.element(node), paths.emplace_back());
}

void ValueReader::take(const Place& place, bool& flag) {
  const auto* value = place.value.as_boolean();
  if (value == nullptr) return refuse_type(place, "true or false");
  flag = value->get();
}

void ValueReader::take(const Place& place, std::uint32_t& number) {
  const auto* value = place.value.as_integer();
  if (value == nullptr) return refuse_type(place, "an integer");
  const std::int64_t found = value->get();
  if (found < 0) return refuse(place, std::to_string(found) + " is less than 0");
  if (in_range(place, static_cast<std::uint64_t>(found), plain_number))
    number = static_cast<std::uint32_t>(found);
}

void ValueReader::take(const Place& place, std::uint64_t& size) {
  const auto* value = place.value.as_string();
  if (value == nullptr) return refuse_type(place, R"(a string such as "128k")");
  const auto octets = octets_from(value->get());
  if (!octets)
    return refuse(place, in_quotes(value->get()) +
                             R"( is no size: octets, or a number and k or m, such as "128k")");
  if (in_range(place, *octets, size_text)) size = *octets;
}

void ValueReader::take(const Place& place, Seconds& duration) {
  const auto* value = place.value.as_string();
  if (value == nullptr) return refuse_type(place, R"(a string such as "30d")");
  const auto seconds = seconds_from(value->get());
  if (!seconds)
    return refuse(place,
                  in_quotes(value->get()) +
                      R"( is no duration: a number and one of s, m, h, d, w, y, such as "30d")");
  if (in_range(place, *seconds, duration_text))
    duration = Seconds(static_cast<Seconds::rep>(*seconds));
}

void ValueReader::take(const Place& place, Words& words) {
  const auto* array = place.value.as_array();
  if (array == nullptr) return refuse_type(place, "an array of strings");
  if (array->size() < least_of(place.setting.check)) return refuse(place, "must not be empty");
  std::set<std::string> seen;
  for (const auto& node : *array) {
    std::string word;
    take(place.element(node), word);
    if (!word.empty() && !seen.insert(word).second)
      refuse(place.element(node), in_quotes(word) + " stands there twice");
    words.push_back(std::move(word));
  }
}

void ValueReader::take(const Place& place, Patterns& patterns) {
  const auto* table = place.value.as_table();
  if (table == nullptr) return refuse_type(place, "a table of regular expressions by word");
  for (const auto& [key, node] : *table) {
    const std::string name = place.key + "." + std::string(key.str());
    const Place entry{node, place.setting, name,
                      place.is_default ? place.line : key.source().begin.line, place.is_default};
    settings_.lines[name] = entry.line;
    std::string keyword(key.str());
    if (!accept(entry, keyword)) continue;
    const auto* expression = node.as_string();
    if (expression == nullptr) {
      refuse_type(entry, "a string with a regular expression");
    } else if (const auto reason = refuse_expression(expression->get())) {
      refuse(entry, *reason);
    } else {
      patterns.emplace_back(std::move(keyword), expression->get());
    }
  }
}

void ValueReader::take(const Place& place, Secret& secret) {
  Result<Secret> read = fail(Errc::config, Reason::configuration_invalid,
                             "expected { file = \"...\" } or a string of 64 hexadecimal digits");
  const auto* table = place.value.as_table();
  if (const auto* digits = place.value.as_string()) {
    read = inline_secret(digits->get(), settings_.file);
  } else if (const auto* name = table == nullptr ? nullptr : table->get_as<std::string>("file");
             name != nullptr && table->size() == 1) {
    const auto reason = refuse_text(name->get());
    read = reason ? fail(Errc::config, Reason::configuration_invalid, "file " + *reason)
                  : file_secret(absolute_path(name->get(), folder_));
  }
  if (!read) return refuse(place, read.error().detail);
  secret = std::move(*read);
}

}  // namespace scep_ra::settings
