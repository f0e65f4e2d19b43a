#pragma once

#include <string>

#include "policy/template.h"
#include "settings/settings.h"

namespace scep_ra::policy {

// What was wrong in a `[template.NAME]`: the key below that table, and why.
struct TemplateFault {
  std::string key;  // "subject.allowed"
  std::string reason;
};

// The meaning of a template's words: attribute types, key usages, policies, expressions.
std::expected<Template, TemplateFault> template_from_settings(const settings::TemplateSettings&);

}  // namespace scep_ra::policy
