#include "settings/agreement.h"

#include <algorithm>
#include <string>

#include "settings/forms.h"

namespace scep_ra::settings {
namespace {

std::string existing(const Settings& settings) {
  std::string names;
  for (const auto& one : settings.template_list)
    names += (names.empty() ? "" : ", ") + in_quotes(one.name);
  return names.empty() ? "there is no [template.NAME] at all" : "there are " + names;
}

// NDES fails silently here; we do not start.
void check_template_exists(const Settings& settings, const std::string& key,
                           const std::string& name, Faults& faults) {
  const bool exists = std::ranges::find(settings.template_list, name, &TemplateSettings::name) !=
                      settings.template_list.end();
  if (name.empty() || exists) return;  // an empty one is missing, and that is told already
  faults.add(settings.line(key),
             key + " names " + in_quotes(name) + ", which has no section; " + existing(settings));
}

// A word that is required or has a pattern but is not allowed would never be seen.
void check_allowed(const Settings& settings, const std::string& key, const std::string& word,
                   const Words& allowed, Faults& faults) {
  if (std::ranges::find(allowed, word) != allowed.end()) return;
  const std::string table = key.substr(0, key.rfind('.'));
  faults.add(settings.line(key),
             key + (settings.lines.contains(key) ? " has " : " has by default ") + in_quotes(word) +
                 ", which " + table + ".allowed does not have");
}

void check_template(const Settings& settings, const TemplateSettings& one, Faults& faults) {
  const std::string subject = "template." + one.name + ".subject";
  const std::string names = "template." + one.name + ".subject_alternative_names";
  for (const auto& word : one.subject_required)
    check_allowed(settings, subject + ".required", word, one.subject_allowed, faults);
  for (const auto& [word, expression] : one.subject_pattern)
    check_allowed(settings, subject + ".pattern", word, one.subject_allowed, faults);
  for (const auto& [word, expression] : one.alternative_names_pattern)
    check_allowed(settings, names + ".pattern", word, one.alternative_names_allowed, faults);
}

// `ca rollover --request` leaves a key that waits for its certificate; the other way round nobody
// could come into force.
void check_successor(const Settings& settings, Faults& faults) {
  if (!settings.ca.next_certificate.empty() && settings.ca.next_key.empty())
    faults.add(settings.line("ca.next_certificate"), "ca.next_certificate needs ca.next_key");
}

}  // namespace

void check_agreement(const Settings& settings, Faults& faults) {
  check_successor(settings, faults);
  const auto& used = settings.templates;
  check_template_exists(settings, "templates.signature", used.signature, faults);
  check_template_exists(settings, "templates.encryption", used.encryption, faults);
  check_template_exists(settings, "templates.general_purpose", used.general_purpose, faults);
  for (const auto& one : settings.template_list) check_template(settings, one, faults);
}

}  // namespace scep_ra::settings
