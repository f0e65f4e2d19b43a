#include "events/event_catalogue.h"

#include "catch.h"

namespace scep_ra::events {
namespace {

void check_row(int id, std::string_view name, Severity level, std::optional<int> microsoft_id) {
  const EventKind& kind = kind_of(static_cast<EventId>(id));
  CAPTURE(id);
  CHECK(static_cast<int>(kind.id) == id);
  CHECK(kind.name == name);
  CHECK(kind.level == level);
  CHECK(kind.microsoft_id == microsoft_id);
}

TEST_CASE("the events an NDES operator knows keep their numbers", "[events]") {
  check_row(1, "service-started", Severity::info, 1);
  check_row(2, "certificate-issued", Severity::info, std::nullopt);
  check_row(4, "request-denied", Severity::warning, 31);
  check_row(6, "challenge-rejected", Severity::warning, 29);
  check_row(16, "ra-certificate-problem", Severity::error, 10);
}

TEST_CASE("the other events are numbered from 100 in the published order", "[events]") {
  check_row(100, "service-stopped", Severity::info, 3);
  check_row(101, "password-issued", Severity::info, std::nullopt);
  check_row(102, "password-cache-full", Severity::warning, std::nullopt);
  check_row(106, "ca-unreachable", Severity::error, 31);
  check_row(107, "message-unreadable", Severity::warning, 17);
  check_row(108, "certificate-revoked", Severity::info, std::nullopt);
  check_row(110, "configuration-loaded", Severity::info, std::nullopt);
  check_row(111, "password-revoked", Severity::info, std::nullopt);
  check_row(112, "store-unavailable", Severity::error, std::nullopt);
  check_row(113, "password-refused", Severity::warning, std::nullopt);
  check_row(120, "crl-issued", Severity::info, std::nullopt);
  check_row(121, "crl-problem", Severity::error, std::nullopt);
  check_row(122, "ca-certificate-changed", Severity::info, std::nullopt);
}

TEST_CASE("Microsoft's number follows the reason where NDES tells causes apart", "[events]") {
  CHECK(microsoft_id(EventId::request_denied, Reason::ca_denied) == 31);
  CHECK(microsoft_id(EventId::request_denied, Reason::renewal_not_allowed) == 28);
  CHECK(microsoft_id(EventId::request_denied, Reason::envelope_unreadable) == 18);
  CHECK(microsoft_id(EventId::message_unreadable, Reason::http_request_invalid) == 16);
  CHECK(microsoft_id(EventId::message_unreadable, Reason::message_too_large) == 16);
  CHECK(microsoft_id(EventId::message_unreadable, Reason::message_unreadable) == 17);
  CHECK(microsoft_id(EventId::message_unreadable, Reason::recipient_unknown) == 18);
  CHECK(microsoft_id(EventId::password_refused, Reason::user_not_allowed) == 6);
  CHECK(microsoft_id(EventId::password_refused, Reason::channel_not_allowed) == std::nullopt);
}

}  // namespace
}  // namespace scep_ra::events
