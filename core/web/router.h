#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "challenge/challenge_validator.h"
#include "enrol/services.h"
#include "events/event_log.h"
#include "scep-ra/http.h"
#include "web/reply.h"

namespace scep_ra::web {

// What the faces answer from memory, made once from configuration and keys.
struct StaticAnswers {
  std::string ca_caps;                 // GetCACaps
  std::string ca_certificates;         // GetCACert: certs-only, RA signing, RA encryption, CA chain
  std::string next_ca_certificates{};  // GetNextCACert; empty: there is no successor
  std::string ca_chain{};              // GetCACertChain: certs-only; empty: it is off
};

struct AdminRules {
  std::vector<std::string> users;  // compared exactly; "*": whoever the server let in
  bool require_tls = true;
  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-Proto counts
};

// What the password page shows besides the password (ndes-behaviour section 3).
struct PasswordPage {
  std::string ca_thumbprint;  // MD5, four groups of 8 upper-case hex digits
  Seconds validity{};
  std::uint32_t maximum = 0;
};

// Health of this node as `ready` and `health` tell it: reason words, empty when fit.
struct Health {
  std::vector<std::string> not_ready;  // keys and store of this node; never the CA
  std::vector<std::string> unhealthy;  // the same and what is wrong elsewhere or will be
};

// Every face of one RA; all references outlive it. Thread-safe.
struct Site {
  const StaticAnswers& answers;
  const AdminRules& admin;
  const PasswordPage& page;
  challenge::ChallengeValidator& challenge;
  events::EventLog& events;
  std::size_t maximum_message = 0;
  // PKIOperation; RA and store are fit, or it says `unavailable`.
  std::function<enrol::Outcome(Bytes message, const std::string& client_address)> pki_operation;
  std::function<Health()> health;  // may block
};

// From memory: GetCACaps, GetCACert, GetNextCACert, the landing page. Empty: the body is needed or
// something may block, as telling an event does (a file, a lock). A reply to HEAD is the one to
// GET; the server sends its headers only.
std::optional<HttpReply> answer_at_once(const Site&, Endpoint, const HttpRequest&);

// Everything.
HttpReply answer(const Site&, Endpoint, const HttpRequest&);

}  // namespace scep_ra::web
