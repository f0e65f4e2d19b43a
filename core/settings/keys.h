#pragma once

#include <string>
#include <string_view>

#include "settings/faults.h"
#include "settings/setting_table.h"
#include "settings/toml_tree.h"

namespace scep_ra::settings {

// Walks over everything the file holds: a key that is in no row is a fault, and so is a value where
// a table belongs. Where the others stand goes into `settings.lines`.
void check_keys(const toml::table& root, Settings&, Faults&);

// "template.*.validity" as it is written for one template: "template.NAME.validity".
std::string written_key(std::string_view row_key, std::string_view template_name);

}  // namespace scep_ra::settings
