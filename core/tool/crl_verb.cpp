#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "tool/open_state.h"
#include "tool/report.h"
#include "tool/verbs.h"
#include "tool/worker.h"

namespace scep_ra::tool {

namespace {

using FilePtr =
    std::unique_ptr<std::FILE, decltype([](std::FILE* file) { (void)std::fclose(file); })>;

std::string encoded(const store::KeptCrl& crl, bool der) {
  return der ? to_string(crl.der) : pem_encode("X509 CRL", crl.der);
}

void print_json(const store::KeptCrl& crl) {
  const auto read = crypto::Crl::decode(crl.der);
  const nlohmann::ordered_json json = {
      {"number", crl.number},
      {"this_update", rfc3339(crl.this_update)},
      {"next_update", rfc3339(crl.next_update)},
      {"revoked", read ? nlohmann::ordered_json(read->revoked().size()) : nlohmann::ordered_json()},
      {"pem", encoded(crl, false)}};
  std::cout << json.dump(2) << '\n';
}

// `copy`: takes what goes into a file; null: it goes to stdout.
int print_crl(const Command& command, const CrlOptions& options, std::FILE* copy) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto& administration = opened->parts->ca_administration;
  if (!administration) return report_refused("only the embedded CA makes a CRL here");
  const auto made =
      options.renew ? administration->renew_crl(opened->user) : administration->current_crl();
  if (!made) return report(made.error());
  if (made->next_update <= opened->parts->clock.seconds())
    std::cerr << "scep-ra: warning: this CRL ended at " << rfc3339(made->next_update)
              << "; `--renew` makes a new one\n";
  const std::string content = encoded(*made, options.der);
  if (copy && (std::fwrite(content.data(), 1, content.size(), copy) != content.size() ||
               std::fflush(copy) != 0))
    return report_refused("the CRL cannot be handed over: no room for temporary files");
  if (command.json)
    print_json(*made);
  else if (!copy)
    std::cout << content;
  return finish_output();
}

std::string content_of(std::FILE* file) {
  std::string content;
  if (std::fseek(file, 0, SEEK_SET) != 0) return content;
  char piece[4096];
  // NOLINTNEXTLINE(clang-analyzer-unix.Errno): the count tells all that is asked
  for (std::size_t count = 0; (count = std::fread(piece, 1, sizeof piece, file)) > 0;)
    content.append(piece, count);
  return content;
}

}  // namespace

// The state is opened as its owner, who may not write where the caller may: in another process.
int crl(const Command& command, const CrlOptions& options) {
  if (options.file.empty()) return print_crl(command, options, nullptr);
  const FilePtr copy(std::tmpfile());
  if (!copy) return report_refused("no temporary file can be made");
  const int code = in_child([&] { return print_crl(command, options, copy.get()); });
  if (code != done) return code;
  const Status written = replace_file(options.file, content_of(copy.get()), 0644);
  return written ? done : report(written.error());
}

}  // namespace scep_ra::tool
