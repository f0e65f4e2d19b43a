#include "store/state_store.h"

#include <string_view>

#include "base/files.h"
#include "store/sqlite_store.h"

namespace scep_ra::store {

Result<std::unique_ptr<StateStore>> make_state_store(const std::string& setting,
                                                     const std::string& ra, const Clock& clock) {
  constexpr std::string_view scheme = "sqlite:";
  if (!setting.starts_with(scheme))
    return fail(Errc::config, Reason::configuration_invalid,
                "`" + setting + "` is no store: write \"sqlite:/path/state.db\"");
  const Path file = setting.substr(scheme.size());
  // A web server may change its working folder between reading its configuration and the fork.
  if (!file.is_absolute() || !file.has_filename())
    return fail(Errc::config, Reason::configuration_invalid,
                "`" + setting + "`: sqlite: takes the absolute path of a file");
  return std::make_unique<SqliteStore>(file, ra, clock);
}

}  // namespace scep_ra::store
