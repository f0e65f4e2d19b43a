#include "settings/secret_value.h"

#include <optional>
#include <string>
#include <utility>

#include "base/files.h"
#include "base/hex.h"
#include "settings/toml_tree.h"

namespace scep_ra::settings {
namespace {

constexpr std::size_t secret_size = 32;

std::unexpected<Error> refusal(std::string detail) {
  return fail(Errc::config, Reason::configuration_invalid, std::move(detail));
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::optional<Secret> secret_from(std::string_view digits) {
  if (digits.size() != 2 * secret_size) return std::nullopt;
  auto octets = hex_decode(digits);
  if (!octets) return std::nullopt;
  return Secret(std::move(*octets));
}

}  // namespace

void wipe_text(std::string& text) noexcept {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Result<Secret> inline_secret(std::string_view digits, const Path& toml_file) {
  auto again = read_file(toml_file, largest_file, Rights::owner_only);
  if (!again)
    return refusal(
        "a secret may not stand in a file that others may read: write { file = \"...\" }, or make "
        "this file mode 0600");
  wipe_text(*again);
  auto secret = secret_from(digits);
  if (!secret) return refusal("expected 64 hexadecimal digits");
  return std::move(*secret);
}

Result<Secret> file_secret(const Path& path) {
  auto content = read_file(path, 4096, Rights::owner_only);
  if (!content) return std::unexpected(std::move(content).error());
  auto secret = content->size() == secret_size ? std::optional(Secret(std::string_view(*content)))
                                               : secret_from(without_line_end(*content));
  wipe_text(*content);
  if (!secret) return refusal(path.string() + ": expected 64 hexadecimal digits or 32 octets");
  return std::move(*secret);
}

}  // namespace scep_ra::settings
