#include "tool/ca_change.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "tool/open_state.h"
#include "tool/report.h"

namespace scep_ra::tool {

namespace {

constexpr const char* reload =
    "The web server goes on with what it has until it is told: reload it (`nginx -s reload`, "
    "`apachectl graceful`).";

// The change is made already: a state that is away is no reason to say that it failed.
void keep_event(const Command& command, const std::string& what) {
  const auto opened = open_state(command.configuration);
  if (!opened) {
    std::cerr << "scep-ra: warning: the event of this is not kept: " << opened.error().detail
              << '\n';
    return;
  }
  auto& events = *opened->parts->events;
  auto record = events.begin(events::EventId::ca_certificate_changed);
  record.subject = opened->parts->ca->ca_certificates().front().subject_text();
  record.user = opened->user;
  record.detail = what;
  const auto json = events::to_json(record);
  if (const Status kept = opened->parts->store->record_event({static_cast<int>(record.id), json});
      !kept)
    std::cerr << "scep-ra: warning: the event of this is not kept: " << kept.error().detail << '\n';
  events.tell(record, json);
}

}  // namespace

int finish_change(const Command& command, ConfigurationChange& change, const std::string& what,
                  const std::string& note) {
  if (const Status made = change.commit(); !made) return report(made.error());
  keep_event(command, what);
  if (command.json) {
    nlohmann::ordered_json changes = nlohmann::ordered_json::object();
    for (const auto& one : change.changes())
      changes[one.key] =
          one.value.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(one.value);
    const nlohmann::ordered_json told = {
        {"done", what}, {"configuration", changes}, {"note", note}, {"reload_needed", true}};
    std::cout << told.dump(2) << '\n';
    return finish_output();
  }
  std::cout << what << "\nIn " << command.configuration.string() << " is now\n";
  for (const auto& one : change.changes())
    std::cout << "  " << (one.value.empty() ? "no " + one.key : one.key + " = " + one.value)
              << '\n';
  if (!note.empty()) std::cout << note << '\n';
  std::cout << reload << '\n';
  return finish_output();
}

}  // namespace scep_ra::tool
