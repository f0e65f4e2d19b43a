#include "tool/report.h"

#include <iostream>

namespace scep_ra::tool {

namespace {

int say(std::string_view what, int code) {
  std::cout.flush();
  std::cerr << "scep-ra: " << what << '\n';
  return code;
}

}  // namespace

int report(const Error& error) {
  if (error.code != Errc::config) return say(error.detail, refused);
  std::cout.flush();
  std::cerr << error.detail << '\n';
  return misused;
}

int report_refused(std::string_view what) {
  return say(what, refused);
}

int report_misused(std::string_view what) {
  return say(what, misused);
}

int finish_output() {
  if (std::cout.flush()) return done;
  return say("standard output cannot be written", refused);
}

}  // namespace scep_ra::tool
