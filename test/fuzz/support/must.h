#pragma once

#include <cstdio>
#include <cstdlib>

namespace scep_ra::fuzz {

// What must hold for every input. A fuzzer keeps the input for which it does not.
inline void must(bool holds, const char* what) {
  if (holds) return;
  static_cast<void>(std::fprintf(stderr, "does not hold: %s\n", what));
  std::abort();
}

}  // namespace scep_ra::fuzz
