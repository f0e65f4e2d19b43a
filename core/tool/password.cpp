#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "tool/open_state.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

constexpr unsigned progress_step = 1000;

void print(std::string_view password, bool json) {
  if (json)
    std::cout << nlohmann::json{{"password", password}}.dump() << '\n';
  else
    std::cout << password << '\n';
}

void show_progress(unsigned made, unsigned count) {
  const bool watched = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
  if (watched && (made % progress_step == 0 || made == count) && count > progress_step)
    std::cerr << '\r' << made << " of " << count << (made == count ? "\n" : "") << std::flush;
}

}  // namespace

int make_passwords(const Command& command, unsigned count) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  for (unsigned made = 1; made <= count; ++made) {
    const auto password = opened->parts->challenge->generate({.user = opened->user, .address = {}});
    if (!password) return report(password.error());
    print(as_text(password->reveal()), command.json);
    // One that nobody gets to see would stay outstanding.
    if (!std::cout) break;
    show_progress(made, count);
  }
  return finish_output();
}

int list_passwords(const Command& command) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto passwords = opened->parts->store->outstanding_passwords();
  if (!passwords) return report(passwords.error());
  if (command.json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : *passwords)
      list.push_back({{"id", one.id},
                      {"user", one.user},
                      {"created", rfc3339(one.created)},
                      {"expires", rfc3339(one.expires)}});
    std::cout << list.dump(2) << '\n';
    return finish_output();
  }
  std::cout << std::left << std::setw(18) << "ID" << std::setw(22) << "CREATED" << std::setw(22)
            << "EXPIRES" << "USER\n";
  for (const auto& one : *passwords)
    std::cout << std::setw(18) << one.id << std::setw(22) << rfc3339(one.created) << std::setw(22)
              << rfc3339(one.expires) << escaped(one.user) << '\n';
  return finish_output();
}

// `id` is empty for all of them.
int revoke_passwords(const Command& command, const std::string& id) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  auto& events = *opened->parts->events;
  auto record = events.begin(events::EventId::password_revoked);
  record.user = opened->user;
  record.detail = id.empty() ? "all outstanding passwords" : "password " + id;
  const auto json = events::to_json(record);
  const auto revoked =
      opened->parts->store->revoke_passwords(id, {.id = static_cast<int>(record.id), .json = json});
  if (!revoked) return report(revoked.error());
  if (*revoked == 0 && !id.empty())
    return report_refused("no outstanding password has the id " + id);
  if (*revoked != 0) events.tell(record, json);
  if (command.json)
    std::cout << nlohmann::json{{"revoked", *revoked}}.dump() << '\n';
  else
    std::cout << *revoked << " revoked\n";
  return finish_output();
}

}  // namespace scep_ra::tool
