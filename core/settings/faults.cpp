#include "settings/faults.h"

#include <algorithm>
#include <utility>

namespace scep_ra::settings {

void Faults::add(std::uint32_t line, std::string reason) {
  faults_.push_back({false, line, std::move(reason)});
}

void Faults::add_absent(std::uint32_t line, std::string reason) {
  faults_.push_back({true, line, std::move(reason)});
}

std::optional<Error> Faults::first(const Path& file) const {
  // Line 0 becomes the greatest.
  const auto place = [](const Fault& fault) { return std::pair(fault.absent, fault.line - 1); };
  const auto first = std::ranges::min_element(faults_, {}, place);
  if (first == faults_.end()) return std::nullopt;
  return fault_error(file, first->line, first->reason);
}

Error fault_error(const Path& file, std::uint32_t line, const std::string& reason) {
  std::string place = file.string();
  if (line != 0) place += ":" + std::to_string(line);
  return {Errc::config, Reason::configuration_invalid, place + ": " + reason};
}

}  // namespace scep_ra::settings
