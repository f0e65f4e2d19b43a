#include "events/event_catalogue.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace scep_ra::events {
namespace {

// The numbers of Microsoft's provider: ndes-behaviour 10.
constexpr std::array catalogue{
    EventKind{EventId::service_started, "service-started", Severity::info, 1},
    EventKind{EventId::certificate_issued, "certificate-issued", Severity::info, std::nullopt},
    EventKind{EventId::request_denied, "request-denied", Severity::warning, 31},
    EventKind{EventId::challenge_rejected, "challenge-rejected", Severity::warning, 29},
    EventKind{EventId::ra_certificate_problem, "ra-certificate-problem", Severity::error, 10},
    EventKind{EventId::service_stopped, "service-stopped", Severity::info, 3},
    EventKind{EventId::password_issued, "password-issued", Severity::info, std::nullopt},
    EventKind{EventId::password_cache_full, "password-cache-full", Severity::warning, std::nullopt},
    EventKind{EventId::request_pending, "request-pending", Severity::info, std::nullopt},
    EventKind{EventId::request_approved, "request-approved", Severity::info, std::nullopt},
    EventKind{EventId::ca_unreachable, "ca-unreachable", Severity::error, 31},
    EventKind{EventId::message_unreadable, "message-unreadable", Severity::warning, 17},
    EventKind{EventId::certificate_revoked, "certificate-revoked", Severity::info, std::nullopt},
    EventKind{EventId::configuration_loaded, "configuration-loaded", Severity::info, std::nullopt},
    EventKind{EventId::password_revoked, "password-revoked", Severity::info, std::nullopt},
    EventKind{EventId::store_unavailable, "store-unavailable", Severity::error, std::nullopt},
    EventKind{EventId::password_refused, "password-refused", Severity::warning, std::nullopt},
    EventKind{EventId::crl_issued, "crl-issued", Severity::info, std::nullopt},
    EventKind{EventId::crl_problem, "crl-problem", Severity::error, std::nullopt},
    EventKind{EventId::ca_certificate_changed, "ca-certificate-changed", Severity::info,
              std::nullopt},
};

bool refuses_renewal(Reason reason) {
  constexpr std::array reasons{Reason::renewal_not_allowed,  Reason::renewal_too_early,
                               Reason::renewal_name_changed, Reason::renewed_too_often,
                               Reason::certificate_revoked,  Reason::certificate_expired};
  return std::ranges::find(reasons, reason) != reasons.end();
}

}  // namespace

const EventKind& kind_of(EventId id) noexcept {
  const auto* row = std::ranges::find(catalogue, id, &EventKind::id);
  assert(row != catalogue.end());
  return *row;
}

std::optional<int> microsoft_id(EventId id, Reason reason) noexcept {
  const bool denied = id == EventId::request_denied;
  const bool unreadable = id == EventId::message_unreadable;
  const bool envelope =
      reason == Reason::envelope_unreadable || reason == Reason::recipient_unknown;
  const bool transport =
      reason == Reason::http_request_invalid || reason == Reason::message_too_large;
  if (denied && refuses_renewal(reason)) return 28;
  if ((denied || unreadable) && envelope) return 18;
  if (unreadable && transport) return 16;
  if (id == EventId::password_refused && reason == Reason::user_not_allowed) return 6;
  return kind_of(id).microsoft_id;
}

}  // namespace scep_ra::events
