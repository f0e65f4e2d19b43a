#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "settings/settings.h"

namespace scep_ra::settings {

// What is wrong with a file, found in any order and told in the file's, so that the operator mends
// it from top to bottom. What is absent comes after what is wrong: often the key is there,
// misspelt.
class Faults {
 public:
  void add(std::uint32_t line, std::string reason);
  // `line`: of the table that lacks it, 0 when the table is missing too.
  void add_absent(std::uint32_t line, std::string reason);
  [[nodiscard]] bool none() const { return faults_.empty(); }
  [[nodiscard]] std::optional<Error> first(const Path& file) const;

 private:
  struct Fault {
    bool absent;
    std::uint32_t line;
    std::string reason;
  };
  std::vector<Fault> faults_;
};

// `file:line: reason`, or `file: reason` for line 0.
Error fault_error(const Path& file, std::uint32_t line, const std::string& reason);

}  // namespace scep_ra::settings
