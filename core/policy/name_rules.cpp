#include "policy/name_rules.h"

#include <algorithm>

#include "base/text.h"

namespace scep_ra::policy {

namespace {

using Kind = crypto::GeneralName::Kind;

std::unexpected<Error> refuse(Reason reason, std::string detail) {
  return fail(Errc::denied, reason, std::move(detail));
}

// threats-and-tests P7: C0, DEL and C1 (U+0080 to U+009F, in UTF-8 C2 80 to C2 9F).
bool has_control_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octet = static_cast<unsigned char>(text[at]);
    if (octet < 0x20 || octet == 0x7f) return true;
    if (octet == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0)
      return true;
  }
  return false;
}

template <class Key>
const Pattern* broken_pattern(const std::vector<std::pair<Key, Pattern>>& patterns, const Key& key,
                              const std::string& value) {
  for (const auto& [applies_to, pattern] : patterns)
    if (applies_to == key && !pattern.found_in(value)) return &pattern;
  return nullptr;
}

template <class Key>
bool has_pattern(const std::vector<std::pair<Key, Pattern>>& patterns, const Key& key) {
  return std::ranges::any_of(patterns, [&](const auto& entry) { return entry.first == key; });
}

Status judge_attribute(const asn1::NameAttribute& attribute, const SubjectRules& rules) {
  const auto field = "subject " + asn1::attribute_keyword(attribute.type);
  if (std::ranges::find(rules.allowed, attribute.type) == rules.allowed.end())
    return refuse(Reason::subject_not_allowed, field + ": the template does not allow it");
  const auto shown = field + " `" + attribute.value + "`";
  if (has_control_character(attribute.value))
    return refuse(Reason::subject_not_allowed, shown + ": control character");
  if (const auto* pattern = broken_pattern(rules.pattern, attribute.type, attribute.value))
    return refuse(Reason::subject_not_allowed, shown + ": does not match " + pattern->source());
  return {};
}

bool is_label(std::string_view label) {
  const auto fits = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, fits);
}

// RFC 1123 host names, and `_`, which Windows machines have. A wildcard may stand for the first
// label.
bool is_host_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  const auto labels = split(name, '.');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  // RFC 1123, 2.1: the last label has a letter, or 192.0.2.1 would be a name.
  return name.size() <= 253 && std::ranges::all_of(labels, is_label) &&
         !std::ranges::all_of(labels.back(), is_digit);
}

bool is_local_host(std::string_view name) {
  const auto folded = lower(name);
  return folded == "localhost" || folded.starts_with("localhost.") ||
         folded.ends_with(".localhost");
}

// threats-and-tests A11: what no template means when it says "dns" and perhaps an ending.
const char* dns_fault(const std::string& name, const AlternativeNameRules& rules) {
  if (!is_host_name(name)) return "no host name";
  const bool wildcard = name.starts_with("*");
  const auto asks_for_it = [](const auto& entry) {
    return entry.first == Kind::dns && entry.second.source().find("\\*") != std::string::npos;
  };
  if (wildcard && !std::ranges::any_of(rules.pattern, asks_for_it))
    return "a wildcard needs a pattern with `\\*`";
  if (is_local_host(name) && !has_pattern(rules.pattern, Kind::dns))
    return "localhost needs a pattern that matches it";
  return nullptr;
}

// The account a domain controller would take the holder for (scep-requirements N18); it is nothing
// a device may choose, although it looks like any other URI.
bool is_account_identifier(const crypto::GeneralName& name) {
  return name.kind == Kind::uri && lower(name.value).starts_with("tag:microsoft.com,2022-09-14:");
}

Status judge_alternative_name(const crypto::GeneralName& name, const AlternativeNameRules& rules) {
  const auto field = "subjectAltName " + std::string(word(name.kind));
  if (name.kind == Kind::other ||
      std::ranges::find(rules.allowed, name.kind) == rules.allowed.end())
    return refuse(Reason::san_not_allowed, field + ": the template does not allow it");
  const auto shown = field + " `" + name.value + "`";
  if (name.value.empty()) return refuse(Reason::san_not_allowed, shown + ": empty");
  if (has_control_character(name.value))
    return refuse(Reason::san_not_allowed, shown + ": control character");
  if (is_account_identifier(name))
    return refuse(Reason::san_not_allowed, shown + ": an account identifier (SID)");
  const char* fault = name.kind == Kind::dns ? dns_fault(name.value, rules) : nullptr;
  if (fault) return refuse(Reason::san_not_allowed, shown + ": " + fault);
  if (const auto* pattern = broken_pattern(rules.pattern, name.kind, name.value))
    return refuse(Reason::san_not_allowed, shown + ": does not match " + pattern->source());
  return {};
}

}  // namespace

Status judge_subject(const asn1::Name& subject, const SubjectRules& rules) {
  if (subject.empty()) return refuse(Reason::subject_missing, "subject: empty");
  for (const auto& type : rules.required) {
    const auto given = [&](const auto& attribute) {
      return attribute.type == type && !attribute.value.empty();
    };
    if (std::ranges::none_of(subject, given))
      return refuse(Reason::subject_missing,
                    "subject " + asn1::attribute_keyword(type) + ": the template requires it");
  }
  for (const auto& attribute : subject)
    if (Status judged = judge_attribute(attribute, rules); !judged) return judged;
  return {};
}

Status judge_alternative_names(const crypto::Extension& extension,
                               const AlternativeNameRules& rules) {
  const auto names = crypto::read_general_names(extension.value);
  if (!names || names->empty())
    return refuse(Reason::san_not_allowed, "subjectAltName: unreadable or empty");
  if (names->size() > rules.maximum)
    return refuse(Reason::san_not_allowed, "subjectAltName: " + std::to_string(names->size()) +
                                               " names, at most " + std::to_string(rules.maximum));
  for (const auto& name : *names)
    if (Status judged = judge_alternative_name(name, rules); !judged) return judged;
  return {};
}

}  // namespace scep_ra::policy
