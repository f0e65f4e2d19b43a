#include "options.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "base/text.h"

namespace scep_ra::bench {
namespace {

constexpr std::size_t largest_password_file = 64 * 1024 * 1024;

}  // namespace

std::optional<Options> read_options(int argc, const char* const* argv, int& exit_code) {
  Options options;
  CLI::App app(
      "Posts PKCSReq messages made beforehand to a SCEP server and counts the answers; or GETs one "
      "URL again and again.");
  app.add_option("--url", options.url, "SCEP URL, http only")->required();
  app.add_option("--passwords", options.passwords,
                 "file with a one-time password a line; without it requests carry none");
  app.add_option("--requests", options.requests, "how many (default: one a password)");
  app.add_option("--connections", options.connections, "connections at a time (1)")
      ->check(CLI::Range(1U, 65535U));
  app.add_flag("--all-at-once", options.all_at_once,
               "a connection for each request; all are open before the first one sends");
  app.add_flag("--close", options.close, "a new connection for each request");
  app.add_flag("--retry", options.retry,
               "the same octets again after a broken connection or a 5xx, as Retry-After says");
  app.add_option("--deadline", options.deadline,
                 "seconds until what has no answer is given up (120)");
  app.add_option("--keys", options.keys, "RSA-2048 device keys that take turns (4)")
      ->check(CLI::Range(1U, 1000U));
  app.add_option("--verify", options.verify, "answers to decrypt and verify afterwards (all)");
  app.add_option("--out", options.out, "folder for the verified certificates, DER");
  app.add_option("--server-pid", options.server, "web server's master, to count its CPU time");
  app.add_flag("--get", options.get,
               "GET the URL, query and all, on kept connections; no password, no enrolment");
  app.add_option("--seconds", options.seconds, "how long to GET (2)")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--json", options.json, "file for the report (standard output)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return options;
}

Result<std::vector<std::string>> passwords_of(const Options& options) {
  std::vector<std::string> passwords;
  if (!options.passwords.empty()) {
    const auto text = read_file(options.passwords, largest_password_file, Rights::any);
    if (!text) return std::unexpected(text.error());
    for (std::string_view line : split(*text, '\n'))
      if (!line.empty()) passwords.emplace_back(line);
    if (passwords.size() < options.requests)
      return fail(Errc::config, Reason::password_missing, "fewer passwords than requests");
  }
  if (options.requests > 0) passwords.resize(options.requests);
  if (passwords.empty())
    return fail(Errc::config, Reason::none, "give --passwords, --requests or both");
  return passwords;
}

}  // namespace scep_ra::bench
