#pragma once

#include <cstdint>
#include <string>

namespace scep_ra {

enum class Severity : std::uint8_t { info, warning, error };

// What a server module copies into its server's own log: the id of design table "Events", and one
// printable line. The whole record has been told to the event sinks already and, where it tells of
// a change of state, is in the store; a refusal is not (it costs no commit).
struct Event {
  int id;
  Severity severity;
  std::string text;
};

}  // namespace scep_ra
