#pragma once

// The one place that names the test framework: Debian 12 has Catch2 version 2.
#include <catch2/catch.hpp>
#include <cstdio>

namespace scep_ra::test {

// Catch2 version 2 cannot skip. A test whose data is not there calls this and returns: one line
// `SKIPPED: name of the test` on stdout, which test/run can count. (Past std::cout: reporters
// capture that.) Data that only SCEP_RA_VECTORS has is tagged [vectors] besides.
inline void skip() {
  std::printf("SKIPPED: %s\n", Catch::getResultCapture().getCurrentTestName().c_str());
  static_cast<void>(std::fflush(stdout));
}

}  // namespace scep_ra::test
