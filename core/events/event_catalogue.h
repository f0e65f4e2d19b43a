#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "scep-ra/error.h"
#include "scep-ra/event.h"

namespace scep_ra::events {

enum class EventId : std::uint8_t {
  service_started = 1,
  certificate_issued = 2,
  request_denied = 4,
  challenge_rejected = 6,
  ra_certificate_problem = 16,
  service_stopped = 100,
  password_issued = 101,
  password_cache_full = 102,
  request_pending = 103,
  request_approved = 104,
  ca_unreachable = 106,
  message_unreadable = 107,
  certificate_revoked = 108,
  configuration_loaded = 110,
  password_revoked = 111,
  store_unavailable = 112,
  password_refused = 113,  // the admin face gave none: user, channel or method
  crl_issued = 120,
  crl_problem = 121,             // it cannot be made, kept or written
  ca_certificate_changed = 122,  // by the command: another certificate, a successor
};

// One row of interfaces.md 7: what is fixed for an id.
struct EventKind {
  EventId id;
  std::string_view name;  // "certificate-issued"
  Severity level;
  std::optional<int> microsoft_id;  // what Microsoft's provider logs in the same situation
};
const EventKind& kind_of(EventId) noexcept;

// The row's number, or the one its reason asks for: 28 for a refused renewal, 16 for an HTTP
// request that says nothing, 18 for an envelope that does not open, 6 for a user without the right.
std::optional<int> microsoft_id(EventId, Reason) noexcept;

// One event; fields that do not apply stay empty and are written as null. Holds no secret.
struct EventRecord {
  EventId id = EventId::service_started;
  std::chrono::sys_time<std::chrono::microseconds> time;
  std::string ra, node, transaction_id, message_type, certificate_template, subject;
  std::vector<std::string> sans;  // "dns:a.example"
  std::string serial, client_address, user, digest, cipher;
  Reason reason = Reason::none;
  std::string detail;
  std::map<std::string, std::int64_t> stages_us;  // "verify", "decrypt", "store", "ca", "reply"
};

// One line of JSON without a line feed, the fields in the order of interfaces.md 7. Text stands as
// it is; when it is not UTF-8, has a character that does not print or holds a literal `\xNN`, all
// of it is `escaped`: a value with `\xNN` in it is to be unescaped, another is not.
std::string to_json(const EventRecord&);

// One printable line for a server's log: `certificate-issued serial=.. subject=..`.
Event for_server_log(const EventRecord&);

}  // namespace scep_ra::events
