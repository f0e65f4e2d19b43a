#include "tool/open_state.h"

#include <iostream>
#include <utility>

#include "tool/worker.h"

namespace scep_ra::tool {

namespace {

Path database_of(const settings::Settings& settings) {
  const std::string_view scheme = "sqlite:";
  const std::string_view state = settings.ra.state;
  return state.starts_with(scheme) ? state.substr(scheme.size()) : state;
}

}  // namespace

Result<Opened> open_state(const Path& configuration) {
  auto parts = join_parts(configuration);
  if (!parts) return std::unexpected(std::move(parts).error());
  Opened opened{std::move(*parts), caller_name()};
  const Path database = database_of(opened.parts->settings);
  if (Status owner = become_owner_of(database.parent_path()); !owner)
    return std::unexpected(std::move(owner).error());
  // An empty one in the place of one that is away would make every password unknown.
  if (std::error_code code; !std::filesystem::exists(database, code))
    return fail(Errc::unavailable, Reason::store_unavailable,
                database.string() + ": is not there; `scep-ra init` or the web server makes it");
  if (Status open = opened.parts->store->open(); !open)
    return std::unexpected(std::move(open).error());
  if (Status open = opened.parts->events->open(); !open)
    std::cerr << "scep-ra: warning: an event sink cannot be opened: " << open.error().detail
              << '\n';
  return opened;
}

}  // namespace scep_ra::tool
