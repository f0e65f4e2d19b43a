#include <exception>

#include "tool/command_line.h"
#include "tool/report.h"

int main(int argc, char** argv) {
  try {
    return scep_ra::tool::run(argc, argv);
  } catch (const std::exception& error) {
    return scep_ra::tool::report_refused(error.what());
  }
}
