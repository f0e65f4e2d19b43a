#pragma once

#include <string>
#include <string_view>

#include "scep-ra/error.h"

namespace scep_ra::tool {

// Exit codes of interfaces.md section 6.
inline constexpr int done = 0;
inline constexpr int refused = 1;
inline constexpr int misused = 2;

// Writes the error to stderr: `file:line: reason` as it is when a file of the operator's is wrong,
// else `scep-ra: ...`. Gives the exit code.
int report(const Error&);

// `scep-ra: ...` to stderr.
int report_refused(std::string_view what);
int report_misused(std::string_view what);

// Ends standard output; `done`, or `refused` when it could not be written.
int finish_output();

}  // namespace scep_ra::tool
