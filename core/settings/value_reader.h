#pragma once

#include <cstdint>
#include <string>

#include "settings/faults.h"
#include "settings/setting_table.h"
#include "settings/toml_tree.h"

namespace scep_ra::settings {

// Reads values of settings into `Settings` and tells what is wrong with them.
class ValueReader {
 public:
  // `file`: the TOML file; both live as long as this.
  ValueReader(Settings& into, Faults& faults);

  // `key`: as operators write it. `line`: of the key. A value of the file itself, or its default.
  void read(const Setting&, const std::string& key, std::uint32_t line, const toml::node& value);
  void read_default(const Setting&, const std::string& key, std::uint32_t line);

 private:
  struct Place;  // the value at hand

  void take(const Place&, std::string&);
  void take(const Place&, Path&);
  void take(const Place&, std::vector<Path>&);
  void take(const Place&, bool&);
  void take(const Place&, std::uint32_t&);
  void take(const Place&, std::uint64_t&);
  void take(const Place&, Seconds&);
  void take(const Place&, Words&);
  void take(const Place&, Patterns&);
  void take(const Place&, Secret&);

  void read_at(const Place&);
  void refuse(const Place&, const std::string& reason);
  void refuse_type(const Place&, std::string_view expected);
  bool accept(const Place&, std::string& text);
  bool in_range(const Place&, std::uint64_t value, std::string (*text_of)(std::uint64_t));

  Settings& settings_;
  Faults& faults_;
  Path folder_;
};

}  // namespace scep_ra::settings
