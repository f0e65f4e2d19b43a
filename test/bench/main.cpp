#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "get_load.h"
#include "load_loop.h"
#include "message_maker.h"
#include "options.h"
#include "parallel.h"
#include "reply_check.h"
#include "report.h"
#include "server_cpu.h"

namespace scep_ra::bench {
namespace {

Result<std::vector<Message>> make_messages(const MessageMaker& maker,
                                           const std::vector<std::string>& passwords) {
  std::vector<std::optional<Result<Message>>> made(passwords.size());
  in_parallel(made.size(),
              [&](std::size_t number) { made[number] = maker.make(number, passwords[number]); });
  std::vector<Message> messages;
  for (auto& one : made) {
    if (!*one) return std::unexpected(one->error());
    messages.push_back(**std::move(one));
  }
  return messages;
}

Report send(const Target& target, const Options& options, std::vector<Exchange>& exchanges) {
  const Load load{
      options.all_at_once ? static_cast<unsigned>(exchanges.size()) : options.connections,
      options.all_at_once, options.retry, std::chrono::seconds(options.deadline)};
  const auto cpu_before = server_cpu(options.server);
  const auto begun = Monotonic::now();
  run_load(target, load, exchanges);
  const auto duration = Monotonic::now() - begun;
  Report report(exchanges, duration);
  if (options.server > 0) report.set_server_cpu(server_cpu(options.server) - cpu_before);
  return report;
}

void verify(const crypto::Library& library, const RaCertificates& ra, const Options& options,
            const std::vector<Message>& messages, const std::vector<Exchange>& exchanges,
            Report& report) {
  std::vector<std::optional<Result<crypto::Certificate>>> found(
      std::min(options.verify, messages.size()));
  in_parallel(found.size(), [&](std::size_t at) {
    if (glimpse(exchanges[at].body).pki_status == "0")
      found[at] = verified_certificate(library, ra, messages[at], exchanges[at].body);
  });
  for (std::size_t at = 0; at < found.size(); ++at) {
    if (!found[at]) continue;
    if (!*found[at]) {
      report.add_flaw(found[at]->error().detail);
      continue;
    }
    const crypto::Certificate& certificate = **found[at];
    report.add_verified(certificate.serial_text());
    if (options.out.empty()) continue;
    const Path path = Path(options.out) / (messages[at].transaction_id + ".der");
    if (Status written = write_new_file(path, as_text(certificate.der()), 0644); !written)
      report.add_flaw(written.error().detail);
  }
}

// A thousand connections are more descriptors than a shell gives.
void allow_sockets() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) std::cerr << "scep-load: few descriptors\n";
}

Status make_folder(const std::string& path) {
  std::error_code error;
  if (!path.empty()) std::filesystem::create_directories(path, error);
  if (!error) return {};
  return fail(Errc::config, Reason::none, path + ": " + error.message());
}

struct Outcome {
  nlohmann::json report;
  bool is_good = false;
};

Result<Outcome> get(const Options& options) {
  const auto question = options.url.find('?');
  const auto target = resolve(options.url.substr(0, question));
  if (!target) return std::unexpected(target.error());
  const auto duration = std::chrono::duration<double>(options.seconds);
  const GetTally tally =
      repeat_get(*target, question == std::string::npos ? "" : options.url.substr(question + 1),
                 {options.connections,
                  std::chrono::duration_cast<std::chrono::milliseconds>(duration), options.server});
  return Outcome{tally.json(), tally.is_good()};
}

Result<Outcome> enrol(const Options& options) {
  if (Status made = make_folder(options.out); !made)
    return std::unexpected(std::move(made).error());
  auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no);
  if (!library) return std::unexpected(std::move(library).error());
  auto target = resolve(options.url);
  if (!target) return std::unexpected(std::move(target).error());
  auto passwords = passwords_of(options);
  if (!passwords) return std::unexpected(std::move(passwords).error());
  auto ra = fetch_ra_certificates(options.url);
  if (!ra) return std::unexpected(std::move(ra).error());
  auto devices = make_devices(*library, options.keys);
  if (!devices) return std::unexpected(std::move(devices).error());
  auto messages = make_messages({*library, *ra, *devices}, *passwords);
  if (!messages) return std::unexpected(std::move(messages).error());

  std::vector<Exchange> exchanges;
  const bool close = options.close || options.all_at_once;
  for (const Message& message : *messages)
    exchanges.push_back(
        make_exchange(*target, message.octets, close ? Connections::closed : Connections::kept));
  Report report = send(*target, options, exchanges);
  verify(*library, *ra, options, *messages, exchanges, report);
  return Outcome{report.json(), report.is_good()};
}

}  // namespace
}  // namespace scep_ra::bench

// Exit codes: 0 every request got its certificate, or its answer; 1 not so, 2 usage or nothing
// could be sent.
int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = scep_ra::bench::read_options(argc, argv, exit_code);
  if (!options) return exit_code;
  scep_ra::bench::allow_sockets();
  const auto outcome =
      options->get ? scep_ra::bench::get(*options) : scep_ra::bench::enrol(*options);
  if (!outcome) {
    std::cerr << "scep-load: " << outcome.error().detail << '\n';
    return 2;
  }
  std::ofstream file;
  if (!options->json.empty()) file.open(options->json);
  (options->json.empty() ? std::cout : file) << outcome->report.dump(2) << '\n';
  return outcome->is_good ? 0 : 1;
}
