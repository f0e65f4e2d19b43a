#include "enrol/approval.h"

#include <utility>

#include "base/text.h"
#include "crypto/sealed.h"
#include "enrol/describe_csr.h"
#include "enrol/transaction.h"

namespace scep_ra::enrol {
namespace {

std::unexpected<Error> does_not_wait(const std::string& id) {
  return fail(Errc::denied, Reason::transaction_unknown,
              "no request " + escaped(id) + " waits for approval");
}

std::unexpected<Error> decided_elsewhere(const std::string& id) {
  return fail(Errc::denied, Reason::transaction_unknown,
              "request " + escaped(id) + " is being decided on, or has been");
}

void describe_request(events::EventRecord& record, const WaitingCsr& waiting,
                      const std::string& user) {
  record.user = user;
  record.transaction_id = waiting.request.key.transaction_id;
  record.certificate_template = waiting.request.certificate_template;
  record.client_address = waiting.request.client_address;
  describe(record, waiting.csr);
}

// What authorised it when it was claimed; a certificate must not have been revoked since.
Result<policy::Authorisation> authorisation_of(const Services& services,
                                               const store::WaitingRequest& request) {
  if (!request.password_mac.empty())
    return policy::Authorisation::by_password(request.password_mac);
  if (request.renewal_of.empty()) return policy::Authorisation::open();
  const auto former = services.store.find_certificate(request.renewal_of);
  if (!former) return std::unexpected(former.error());
  if (!*former || (*former)->revoked || (*former)->ancestor_revoked)
    return fail(Errc::denied, Reason::certificate_revoked,
                "the certificate that it renews is revoked");
  return policy::Authorisation::by_certificate(request.renewal_of);
}

Result<policy::ApprovedRequest> approved(const Services& services, const WaitingCsr& waiting) {
  const auto chosen = services.templates.templates.find(waiting.request.certificate_template);
  if (chosen == services.templates.templates.end())
    return fail(Errc::denied, Reason::template_unknown,
                "there is no template '" + waiting.request.certificate_template + "' any more");
  auto authorisation = authorisation_of(services, waiting.request);
  if (!authorisation) return std::unexpected(std::move(authorisation).error());
  auto key = crypto::PublicKey::decode(services.library, waiting.csr.public_key_info());
  if (!key) return std::unexpected(std::move(key).error());
  if (Status good = policy::check_key(*services.library, services.blocked_keys, *key, "the key");
      !good)
    return std::unexpected(std::move(good).error());
  return policy::approve(waiting.csr, *key, chosen->second, *std::move(authorisation),
                         waiting.request.key.transaction_id);
}

}  // namespace

Result<WaitingCsr> waiting_csr(const Services& services, const std::string& id) {
  auto request = services.store.waiting_request(id);
  if (!request) return std::unexpected(std::move(request).error());
  if (!*request) return does_not_wait(id);
  const auto der = crypto::unseal(services.library, services.csr_key, (*request)->key.csr_info_hash,
                                  (*request)->sealed_csr);
  if (!der) return std::unexpected(der.error());
  auto csr = crypto::Csr::decode(der->reveal());
  if (!csr) return std::unexpected(std::move(csr).error());
  return WaitingCsr{**std::move(request), *std::move(csr)};
}

Result<crypto::Certificate> approve_request(const Services& services, const std::string& id,
                                            const std::string& user) {
  const auto waiting = waiting_csr(services, id);
  if (!waiting) return std::unexpected(waiting.error());
  const auto judged = approved(services, *waiting);
  if (!judged) return std::unexpected(judged.error());
  const auto mine = services.store.claim_waiting(waiting->request.key);
  if (!mine) return std::unexpected(mine.error());
  if (!*mine) return decided_elsewhere(id);

  Exchange exchange(services, waiting->request.client_address);
  events::EventRecord& record = exchange.record();
  describe_request(record, *waiting, user);
  record.id = events::EventId::request_approved;
  const std::string json = events::to_json(record);
  if (Status kept = services.store.record_event({static_cast<int>(record.id), json}); !kept)
    return std::unexpected(std::move(kept).error());
  services.events.tell(record, json);

  auto certificate = certify(exchange, *judged);
  if (!certificate) return certificate;
  const auto told =
      record_issue(exchange, waiting->request.key, *judged, *certificate, SealedCsr::keep);
  if (!told) return std::unexpected(told.error());
  return certificate;
}

Status deny_request(const Services& services, const std::string& id, const std::string& user) {
  const auto waiting = waiting_csr(services, id);
  if (!waiting) return std::unexpected(waiting.error());
  events::EventRecord record = services.events.begin(events::EventId::request_denied);
  describe_request(record, *waiting, user);
  record.reason = Reason::approval_denied;
  const std::string json = events::to_json(record);
  const auto denied =
      services.store.deny_waiting(waiting->request.key, {static_cast<int>(record.id), json});
  if (!denied) return std::unexpected(denied.error());
  if (!*denied) return decided_elsewhere(id);
  services.events.tell(record, json);
  return {};
}

}  // namespace scep_ra::enrol
