#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/files.h"
#include "base/text.h"
#include "policy/template_from_settings.h"
#include "settings/settings.h"
#include "support/must.h"
#include "support/scratch_folder.h"

// Octets as scep-ra.toml. A refusal names the file and a line of it, on one line, and shows nothing
// of a secret: where the word SECRET stands as the value of state_secret, 64 digits stand for it.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

constexpr std::string_view word = "SECRET";
constexpr std::string_view digits =
    "5ec7e7b1d09a43f86c2e175ba8f0934dd6217ce85f3b90a4e1c86d72af05b93e";

// `state_secret =` and what may open a value stand before it.
bool is_value_of_secret(std::string_view before) {
  const auto strip = [&](std::string_view letters) {
    while (!before.empty() && letters.contains(before.back())) before.remove_suffix(1);
  };
  strip(" \t\"'");
  if (!before.ends_with('=')) return false;
  strip(" \t=");
  return before.ends_with("state_secret");
}

std::string with_secret(std::string_view text) {
  std::string written;
  while (!text.empty()) {
    const auto at = text.find(word);
    written += text.substr(0, at);
    if (at == text.npos) break;
    written += is_value_of_secret(written) ? digits : word;
    text.remove_prefix(at + word.size());
  }
  return written;
}

Path file_with(const std::string& text) {
  static const ScratchFolder folder;
  static const Path file = folder.path() / "scep-ra.toml";
  const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  must(opened >= 0 && ::write(opened, text.data(), text.size()) == std::ssize(text),
       "the file can be written");
  ::close(opened);
  return file;
}

// `file:line: reason` or, for what is nowhere in it, `file: reason`.
void judge_error(const Error& error, const Path& file, const std::string& text,
                 std::string_view input) {
  must(error.code == Errc::config, "a refusal is `config`");
  std::string_view rest = error.detail;
  must(rest.starts_with(file.string() + ":"), "it names the file");
  rest.remove_prefix(file.string().size() + 1);
  std::size_t line = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    line = line * 10 + static_cast<std::size_t>(rest.front() - '0');
    rest.remove_prefix(1);
  }
  if (line > 0) {
    must(line <= 1 + static_cast<std::size_t>(std::ranges::count(text, '\n')),
         "it names a line of the file");
    must(rest.starts_with(": "), "then the reason");
  } else {
    must(rest.contains(" is missing") || rest.contains("no valid TOML") || rest.contains("KiB"),
         "without a line only what is not there");
  }
  must(rest.size() > 3 && is_valid_utf8(rest) && !rest.contains('\n'), "on one line");
  for (std::size_t at = 0; at + 8 <= digits.size(); ++at) {
    const std::string_view piece = digits.substr(at, 8);
    must(!error.detail.contains(piece) || input.contains(piece), "nothing of a secret");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = with_secret(as_text({data, size}));
  const Path file = file_with(text);
  const auto settings = settings::read_settings(file);
  if (!settings) {
    judge_error(settings.error(), file, text, as_text({data, size}));
    return 0;
  }
  must(settings->ra.state_secret.size() == 32, "a secret is 32 octets");
  must(!settings->ra.name.empty() && !settings->template_list.empty(), "what must be there is");
  for (const auto& one : settings->template_list) {
    const auto meaning = policy::template_from_settings(one);
    if (!meaning)
      must(!meaning.error().key.empty() && !meaning.error().reason.empty(),
           "what has no meaning is named");
  }
  return 0;
}
