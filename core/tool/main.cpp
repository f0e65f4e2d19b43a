#include <exception>
#include <iostream>

#include "tool/report.h"
#include "tool/verbs.h"

namespace {

namespace tool = scep_ra::tool;

// The global options are not in the help of a verb otherwise.
void tell_global_options(CLI::App& app) {
  for (auto* verb : app.get_subcommands({})) {
    verb->footer("`-c FILE` and `--json` may stand here too: `scep-ra --help`.");
    tell_global_options(*verb);
  }
}

int run(int argc, char** argv) {
  tool::Command command;
  CLI::App app("scep-ra: a SCEP registration authority behind nginx and Apache httpd", "scep-ra");
  app.add_option("-c,--config", command.configuration, "configuration file")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--json", command.json, "machine output");
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return "scep-ra: " + std::string(error.what()) + "; `--help` shows what there is\n";
  });
  tool::add_init(app, command);
  tool::add_check(app, command);
  tool::add_password(app, command);
  tool::add_enrol(app, command);
  tell_global_options(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? tool::finish_output() : tool::misused;
  }
  return command.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return tool::report_refused(error.what());
  }
}
