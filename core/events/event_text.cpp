#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "events/event_catalogue.h"

namespace scep_ra::events {
namespace {

using Json = nlohmann::ordered_json;

bool has_octet_escape(std::string_view text) {
  for (auto at = text.find("\\x"); at != text.npos; at = text.find("\\x", at + 2))
    if (hex_decode(text.substr(at + 2, 2)).value_or(Buffer{}).size() == 1) return true;
  return false;
}

// As it is when that is printable, otherwise `escaped`. Text that looks escaped is escaped too, so
// that a reader who meets `\xNN` knows that the value is, and nothing is lost.
std::string readable(std::string_view text) {
  std::string line = escaped(text);
  const auto backslashes = static_cast<std::size_t>(std::ranges::count(text, '\\'));
  const bool only_backslashes_grew = line.size() == text.size() + backslashes;
  if (only_backslashes_grew && !has_octet_escape(text)) return std::string(text);
  return line;
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json() : Json(readable(text));
}

Json list_or_null(const std::vector<std::string>& texts) {
  Json list;
  for (const std::string& text : texts) list.push_back(readable(text));
  return list;
}

std::string_view word_of(Severity level) {
  switch (level) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "error";
}

// Servers cut their log lines (nginx at 2048 octets): no value may push the others out.
constexpr std::size_t longest_logged = 240;

// ` key=value`; what could be taken for another field is quoted.
std::string field(std::string_view key, std::string_view value) {
  if (value.empty()) return {};
  std::string text = escaped(value.substr(0, longest_logged));
  if (value.size() > longest_logged) text += "...";
  if (text.find_first_of(" \"=") == text.npos) return " " + std::string(key) + "=" + text;
  std::string quoted;
  for (char letter : text) quoted += letter == '"' ? "\\x22" : std::string(1, letter);
  return " " + std::string(key) + "=\"" + quoted + "\"";
}

}  // namespace

std::string to_json(const EventRecord& record) {
  const EventKind& kind = kind_of(record.id);
  const std::optional<int> microsoft = microsoft_id(record.id, record.reason);
  Json json;
  json["time"] = rfc3339(record.time);
  json["id"] = static_cast<int>(record.id);
  json["microsoft_id"] = microsoft ? Json(*microsoft) : Json();
  json["name"] = kind.name;
  json["level"] = word_of(kind.level);
  json["ra"] = text_or_null(record.ra);
  json["node"] = text_or_null(record.node);
  json["transaction_id"] = text_or_null(record.transaction_id);
  json["message_type"] = text_or_null(record.message_type);
  json["template"] = text_or_null(record.certificate_template);
  json["subject"] = text_or_null(record.subject);
  json["sans"] = list_or_null(record.sans);
  json["serial"] = text_or_null(record.serial);
  json["client_address"] = text_or_null(record.client_address);
  json["user"] = text_or_null(record.user);
  json["digest"] = text_or_null(record.digest);
  json["cipher"] = text_or_null(record.cipher);
  json["reason"] = text_or_null(word(record.reason));
  json["detail"] = text_or_null(record.detail);
  json["stages_us"] = record.stages_us.empty() ? Json() : Json(record.stages_us);
  return json.dump();
}

Event for_server_log(const EventRecord& record) {
  const EventKind& kind = kind_of(record.id);
  std::string text(kind.name);
  text += field("ra", record.ra);
  text += field("transaction_id", record.transaction_id);
  text += field("message_type", record.message_type);
  text += field("template", record.certificate_template);
  text += field("subject", record.subject);
  text += field("serial", record.serial);
  text += field("client_address", record.client_address);
  text += field("user", record.user);
  text += field("reason", word(record.reason));
  text += field("detail", record.detail);
  return {static_cast<int>(record.id), kind.level, std::move(text)};
}

}  // namespace scep_ra::events
