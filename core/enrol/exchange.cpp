#include "enrol/exchange.h"

#include <utility>

#include "scep/certs_only.h"

namespace scep_ra::enrol {
namespace {

// Another worker is at it; or the store, the CA or our own keys are away (keys-and-state B7).
constexpr Seconds retry_at_once{2};
constexpr Seconds retry_later{30};

events::EventId event_of(const Error& error) {
  switch (error.reason) {
    case Reason::password_missing:
    case Reason::password_unknown:
    case Reason::too_many_wrong_passwords:
      return events::EventId::challenge_rejected;
    case Reason::store_unavailable:
      return events::EventId::store_unavailable;
    case Reason::ca_unreachable:
      return events::EventId::ca_unreachable;
    case Reason::ra_certificate_expired:
    case Reason::ra_key_unusable:
      return events::EventId::ra_certificate_problem;
    default:
      break;
  }
  return error.code == Errc::malformed ? events::EventId::message_unreadable
                                       : events::EventId::request_denied;
}

bool has_no_scep_answer(Errc code) {
  return code == Errc::malformed || code == Errc::unavailable || code == Errc::internal ||
         code == Errc::config || code == Errc::limited;
}

}  // namespace

Exchange::Exchange(const Services& services, const std::string& client_address)
    : services_(services), record_(services.events.begin(events::EventId::request_denied)) {
  record_.client_address = client_address;
}

void Exchange::finish_stage(const char* name) {
  const auto now = std::chrono::steady_clock::now();
  record_.stages_us[name] +=
      std::chrono::duration_cast<std::chrono::microseconds>(now - stage_begin_).count();
  stage_begin_ = now;
}

scep::ReplySigner Exchange::reply_signer() const {
  const keys::RaPair& pair = services_.keys.signer();
  return {services_.library, pair.certificate, pair.key, services_.profile, services_.algorithms};
}

Outcome Exchange::refuse(const Error& error, const std::optional<scep::Correspondence>& to) {
  record_.id = event_of(error);
  record_.reason = error.reason;
  record_.detail = error.detail;
  Outcome outcome;
  outcome.events.push_back(services_.events.tell(record_));
  outcome.error = error.code;
  if (error.code == Errc::unavailable) outcome.retry_after = retry_later;
  if (error.code == Errc::limited) outcome.retry_after = challenge::guess_window;
  if (!to || has_no_scep_answer(error.code)) return outcome;
  auto reply = scep::write_failure(reply_signer(), *to, scep::fail_info(error.code));
  if (reply)
    outcome.cert_rep = *std::move(reply);
  else
    outcome.error = reply.error().code;
  return outcome;
}

Outcome Exchange::come_again() {
  Outcome outcome;
  outcome.error = Errc::unavailable;
  outcome.retry_after = retry_at_once;
  return outcome;
}

scep::EnvelopeAlgorithms Exchange::reply_algorithms(const Delivery& how) const {
  return {services_.algorithms.reply_cipher(how.algorithms.cipher), how.algorithms.key_transport};
}

Outcome Exchange::deliver(const scep::PkiMessage& request, const Delivery& how,
                          const crypto::Certificate& issued, std::vector<Event> events) {
  const Buffer content =
      scep::write_certs_only({issued.der(), services_.ca.ca_certificates().front().der()});
  return answer(
      scep::write_success(reply_signer(), request, reply_algorithms(how), how.password, content),
      std::move(events));
}

Outcome Exchange::deliver_crl(const scep::PkiMessage& request, const Delivery& how, Bytes crl) {
  return answer(scep::write_success(reply_signer(), request, reply_algorithms(how), how.password,
                                    scep::write_crl_only(crl)),
                {});
}

Outcome Exchange::pending(const scep::PkiMessage& request, std::vector<Event> events) {
  return answer(scep::write_pending(reply_signer(), request.correspondence), std::move(events));
}

// What the answer tells of is recorded: when it cannot be written, the client's next try is
// answered with the same (step 8).
Outcome Exchange::answer(Result<Buffer> cert_rep, std::vector<Event> events) {
  if (cert_rep) return {*std::move(cert_rep), {}, {}, std::move(events)};
  Outcome outcome = refuse(cert_rep.error(), std::nullopt);
  outcome.events.insert(outcome.events.begin(), events.begin(), events.end());
  return outcome;
}

}  // namespace scep_ra::enrol
