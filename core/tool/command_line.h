#pragma once

namespace scep_ra::tool {

// What can be said to `scep-ra`: the options and the help of every verb stand here, their work in
// the file of each. Runs the verb that was named and gives the exit code of report.h.
int run(int argc, const char* const* argv);

}  // namespace scep_ra::tool
