#include <algorithm>
#include <array>
#include <filesystem>

#include "module.h"

namespace scep_ra::httpd {
namespace {

constexpr char out_of_memory[] = "out of memory";

const char* copy(apr_pool_t* pool, const std::string& text) {
  return apr_pstrmemdup(pool, text.data(), text.size());
}

// One Ra for each file of a configuration, however many sections name it.
Result<LoadedRa*> load(Configuration& all, const std::string& file) {
  for (const auto& known : all.ras)
    if (known->file == file) return known.get();
  auto ra = Ra::load(file);
  if (!ra) return std::unexpected(std::move(ra).error());
  auto loaded = std::make_unique<LoadedRa>(file, *std::move(ra), &all);
  return all.ras.emplace_back(std::move(loaded)).get();
}

bool begins(const ap_directive_t& directive, const char* name) {
  return ap_cstr_casecmpn(directive.directive, name, strlen(name)) == 0;
}

// The <Location> or <LocationMatch> around a directive; null: none.
const ap_directive_t* location_around(const ap_directive_t* directive) {
  while (directive != nullptr && !begins(*directive, "<Location")) directive = directive->parent;
  return directive;
}

bool is_expression(apr_pool_t* pool, const ap_directive_t& location) {
  const char* arguments = location.args;
  return begins(location, "<LocationMatch") || view(ap_getword_conf(pool, &arguments)) == "~";
}

// A face has no files, so that sections for files never apply to it.
const char* misplaced(cmd_parms* cmd) {
  return ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_DIRECTORY | NOT_IN_FILES | NOT_IN_PROXY);
}

// SCEPRAConfig FILE
const char* set_config(cmd_parms* cmd, void* conf, const char* file) {
  return guarded<const char*>(out_of_memory, [&]() -> const char* {
    if (const char* why = misplaced(cmd)) return why;
    auto& section = *static_cast<SectionConf*>(conf);
    if (section.ra != nullptr) return "SCEPRAConfig is given twice";
    const char* path = ap_server_root_relative(cmd->pool, file);
    if (path == nullptr) return apr_pstrcat(cmd->pool, "SCEPRAConfig: no path: ", file, nullptr);
    const auto loaded =
        load(configuration(cmd->server), std::filesystem::path(path).lexically_normal());
    if (!loaded) return copy(cmd->pool, loaded.error().detail);
    section.ra = *loaded;
    if (section.face != nullptr) section.face->own = section.ra;
    const ap_directive_t* location = location_around(cmd->directive);
    if (location != nullptr && !is_expression(cmd->temp_pool, *location))
      configuration(cmd->server).sections.emplace_back(cmd->server, cmd->path);
    return nullptr;
  });
}

// SCEPRA enrol|admin|status
const char* set_face(cmd_parms* cmd, void* conf, const char* word) {
  return guarded<const char*>(out_of_memory, [&]() -> const char* {
    const ap_directive_t* location = location_around(cmd->directive);
    if (const char* why = misplaced(cmd)) return why;
    if (location == nullptr) return "SCEPRA stands in <Location> or <LocationMatch>";
    auto& section = *static_cast<SectionConf*>(conf);
    if (section.face != nullptr) return "SCEPRA is given twice";
    auto& face = make<Face>(cmd->pool);
    constexpr std::array words{"enrol", "admin", "status"};  // as Endpoint has them
    const auto* found = std::ranges::find(words, view(word));
    if (found == words.end())
      return apr_psprintf(cmd->pool, "SCEPRA takes enrol, admin or status, not \"%s\"", word);
    face.endpoint = static_cast<Endpoint>(found - words.begin());
    face.pattern = cmd->path;
    face.server = cmd->server;
    face.directive = cmd->directive;
    face.own = section.ra;
    if (is_expression(cmd->temp_pool, *location)) {
      face.regex = ap_pregcomp(cmd->pool, face.pattern, AP_REG_EXTENDED);
      if (face.regex == nullptr) return "SCEPRA: the expression of the section cannot be read";
    }
    section.face = &face;
    configuration(cmd->server).faces.push_back(&face);
    return nullptr;
  });
}

// Whether a <Location> lies in another one, whose SCEPRAConfig it inherits.
bool lies_in(std::string_view path, std::string_view outer) {
  if (!path.starts_with(outer)) return false;
  return outer.ends_with('/') || path.size() == outer.size() || path[outer.size()] == '/';
}

bool has_ra(const Face& face, const Configuration& all, const server_rec* main) {
  const auto* of_server = static_cast<const SectionConf*>(
      ap_get_module_config(face.server->lookup_defaults, &scep_ra_module));
  if (face.own != nullptr || of_server->ra != nullptr) return true;
  return std::ranges::any_of(all.sections, [&](const auto& section) {
    const auto& [server, path] = section;
    return (server == face.server || server == main) && lies_in(face.pattern, path);
  });
}

// Whether anything that applies to URLs could prove who is there: without it every request to an
// admin face is refused.
bool proves_users(const ap_directive_t* directive) {
  for (; directive != nullptr; directive = directive->next) {
    if (begins(*directive, "AuthType") && ap_cstr_casecmp(directive->args, "None") != 0)
      return true;
    if (begins(*directive, "SSLUserName")) return true;
    const bool of_files = begins(*directive, "<Directory") || begins(*directive, "<Files");
    if (!of_files && proves_users(directive->first_child)) return true;
  }
  return false;
}

// Why a face cannot be shown; null: it can.
const char* objection(const Face& face, const Configuration& all, const server_rec* main) {
  if (!has_ra(face, all, main)) return "SCEPRA without SCEPRAConfig";
  if (face.endpoint == Endpoint::admin && !proves_users(ap_conftree))
    return "SCEPRA admin: nothing proves a user here: it needs AuthType and Require, or "
           "SSLUserName";
  return nullptr;
}

}  // namespace

const command_rec commands[] = {
    AP_INIT_TAKE1("SCEPRAConfig", set_config, nullptr, RSRC_CONF | ACCESS_CONF,
                  "the TOML file of one registration authority"),
    AP_INIT_TAKE1("SCEPRA", set_face, nullptr, ACCESS_CONF,
                  "the face that this location shows: enrol, admin or status"),
    {}};

void* create_section_conf(apr_pool_t* pool, char* /*unused*/) {
  return &make<SectionConf>(pool);
}

void* merge_section_confs(apr_pool_t* pool, void* outer, void* inner) {
  const auto& from = *static_cast<SectionConf*>(outer);
  auto& merged = make<SectionConf>(pool);
  merged = *static_cast<SectionConf*>(inner);
  if (merged.ra == nullptr) merged.ra = from.ra;
  if (merged.face == nullptr) merged.face = from.face;
  return &merged;
}

int check_configuration(apr_pool_t* /*unused*/, apr_pool_t* /*unused*/, apr_pool_t* /*unused*/,
                        server_rec* main) {
  return guarded(HTTP_INTERNAL_SERVER_ERROR, [&] {
    const Configuration& all = configuration(main);
    for (const Face* face : all.faces) {
      const char* why = objection(*face, all, main);
      if (why == nullptr) continue;
      ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, main, "%s:%d: %s",
                   face->directive->filename, face->directive->line_num, why);
      return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
  });
}

}  // namespace scep_ra::httpd
