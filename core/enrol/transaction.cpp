#include "enrol/transaction.h"

#include <utility>

#include "crypto/sealed.h"
#include "enrol/overloaded.h"

namespace scep_ra::enrol {
namespace {

class Transaction {
 public:
  Transaction(Exchange& exchange, const CertificateRequest& request)
      : exchange_(exchange),
        services_(exchange.services()),
        request_(request),
        csr_(request.data.csr.csr) {}

  std::optional<Outcome> answer_if_known() {
    const auto known = services_.store.find_request(request_.key);
    if (!known) return refuse(known.error());
    return std::visit(
        Overloaded{[](const store::Unknown&) { return std::optional<Outcome>(); },
                   [](const store::Claimed&) { return std::optional(Exchange::come_again()); },
                   [&](const store::OtherOpen&) { return std::optional(other_open()); },
                   [&](const store::Pending&) { return std::optional(still_pending()); },
                   [&](const store::Denied&) { return std::optional(approval_denied()); },
                   [&](const store::IssuedCertificate& issued) {
                     return std::optional(deliver_again(issued));
                   }},
        *known);
  }

  // The password is spent and the request claimed before the CA is asked (threats rule 5).
  Outcome carry_out(const policy::ApprovedRequest& approved) {
    const auto claim = services_.store.spend_and_claim(claim_of(approved));
    exchange_.finish_stage("store");
    if (!claim) return refuse(claim.error());
    return std::visit(
        Overloaded{[&](const store::ClaimWon&) { return won(approved); },
                   [&](const store::PasswordSpent&) {
                     return refuse({Errc::denied, Reason::password_unknown,
                                    "unknown, expired or spent meanwhile"});
                   },
                   [&](const store::CertificateRevoked&) {
                     return refuse({Errc::denied, Reason::certificate_revoked,
                                    "the certificate was revoked meanwhile"});
                   },
                   [&](const store::RenewedTooOften&) {
                     return refuse({Errc::denied, Reason::renewed_too_often,
                                    "the certificate has authorised as many requests as it may"});
                   },
                   [](const store::Claimed&) { return Exchange::come_again(); },
                   [&](const store::OtherOpen&) { return other_open(); },
                   [&](const store::Pending&) { return still_pending(); },
                   [&](const store::Denied&) { return approval_denied(); },
                   [&](const store::IssuedCertificate& issued) { return deliver_again(issued); }},
        *claim);
  }

 private:
  Outcome refuse(const Error& error) {
    return exchange_.refuse(error, request_.message.correspondence);
  }

  [[nodiscard]] store::Claim claim_of(const policy::ApprovedRequest& approved) const {
    const policy::Authorisation& by = approved.authorisation();
    store::Claim claim{request_.key, to_buffer(by.password_mac()),
                       approved.certificate_template().name};
    if (by.kind() == policy::Authorisation::Kind::certificate)
      claim.renewal_of = store::RenewalOf{by.serial(), approved.certificate_template().renewals};
    return claim;
  }

  [[nodiscard]] Delivery delivery() const {
    const scep::EnvelopedData& envelope = request_.data.envelope;
    return {{envelope.cipher, envelope.key_transport}, csr_.challenge_password().reveal()};
  }

  Outcome won(const policy::ApprovedRequest& approved) {
    if (approved.certificate_template().manual_approval) return wait();
    const auto certificate = certify(exchange_, approved);
    if (!certificate) return give_back(certificate.error());
    auto told = record_issue(exchange_, request_.key, approved, *certificate, SealedCsr::forget);
    if (!told) return not_recorded(told.error());
    return exchange_.deliver(request_.message, delivery(), *certificate, {*std::move(told)});
  }

  // The CSR is kept as it was judged, sealed: it holds the password, and a poll carries none.
  Outcome wait() {
    auto sealed =
        crypto::seal(services_.library, services_.csr_key, request_.key.csr_info_hash, csr_.der());
    if (!sealed) return give_back(sealed.error());
    events::EventRecord& record = exchange_.record();
    record.id = events::EventId::request_pending;
    record.reason = Reason::none;
    const std::string json = events::to_json(record);
    const Status waits = services_.store.record_pending(
        {request_.key, record.certificate_template, record.subject, record.client_address,
         *std::move(sealed)},
        services_.waiting_limits, {static_cast<int>(record.id), json});
    exchange_.finish_stage("store");
    if (waits) return exchange_.pending(request_.message, {services_.events.tell(record, json)});
    if (waits.error().code == Errc::denied) return give_back(waits.error());
    return not_recorded(waits.error());
  }

  // Not durable, not done.
  Outcome not_recorded(const Error& error) {
    if (error.reason == Reason::request_in_progress) return Exchange::come_again();
    return refuse(error);
  }

  // The CA did not certify: the same request may come again, its password stays bound to it (R5).
  Outcome give_back(const Error& error) {
    Outcome outcome = refuse(error);
    const events::EventRecord& record = exchange_.record();
    // Without this the claim ends by itself after its life.
    (void)services_.store.release_claim(request_.key,
                                        {static_cast<int>(record.id), events::to_json(record)});
    return outcome;
  }

  Outcome deliver_again(const store::IssuedCertificate& issued) {
    const auto certificate = crypto::Certificate::decode(issued.certificate);
    if (!certificate)
      return refuse(
          {Errc::internal, Reason::internal_error, "a certificate of the store is unreadable"});
    if (Status good = scep::deliverable(request_.message, csr_.challenge_password().reveal());
        !good)
      return refuse(good.error());
    return exchange_.deliver(request_.message, delivery(), *certificate, {});
  }

  Outcome still_pending() { return exchange_.pending(request_.message, {}); }

  Outcome approval_denied() {
    return refuse({Errc::denied, Reason::approval_denied, "an operator has denied the request"});
  }

  Outcome other_open() {
    return refuse({Errc::bad_request, Reason::transaction_open,
                   "the transactionID belongs to another request that is still open"});
  }

  Exchange& exchange_;
  const Services& services_;
  const CertificateRequest& request_;
  const crypto::Csr& csr_;
};

}  // namespace

std::optional<Outcome> answer_if_known(Exchange& exchange, const CertificateRequest& request) {
  return Transaction(exchange, request).answer_if_known();
}

Outcome carry_out(Exchange& exchange, const CertificateRequest& request,
                  const policy::ApprovedRequest& approved) {
  return Transaction(exchange, request).carry_out(approved);
}

Result<crypto::Certificate> certify(Exchange& exchange, const policy::ApprovedRequest& approved) {
  auto decision = exchange.services().ca.submit(approved);
  exchange.finish_stage("ca");
  if (!decision) return std::unexpected(std::move(decision).error());
  if (const auto* denied = std::get_if<ca::Denied>(&*decision))
    return fail(Errc::denied, Reason::ca_denied, denied->detail);
  crypto::Certificate& certificate = std::get<ca::Issued>(*decision).certificate;
  if (!equal(certificate.public_key_info(), approved.csr().public_key_info()))
    return fail(Errc::internal, Reason::ca_denied, "the CA certified another key");
  return std::move(certificate);
}

Result<Event> record_issue(Exchange& exchange, const store::RequestKey& key,
                           const policy::ApprovedRequest& approved,
                           const crypto::Certificate& certificate, SealedCsr sealed_csr) {
  const Services& services = exchange.services();
  events::EventRecord& record = exchange.record();
  record.id = events::EventId::certificate_issued;
  record.reason = Reason::none;
  record.serial = certificate.serial_text();
  if (!approved.authorisation().serial().empty())
    record.detail = "renewal of " + approved.authorisation().serial();
  const std::string json = events::to_json(record);
  const store::Issue issue{
      .key = key,
      .issued = {certificate.serial_text(), to_buffer(certificate.der())},
      .subject = record.subject,
      .certificate_template = approved.certificate_template().name,
      .not_before = certificate.not_before(),
      .not_after = certificate.not_after(),
      .authority = services.library->digest(
          crypto::Digest::sha256, services.ca.ca_certificates().front().public_key_info()),
      .keep_sealed_csr = sealed_csr == SealedCsr::keep};
  const Status recorded = services.store.record_issue(issue, {static_cast<int>(record.id), json});
  exchange.finish_stage("store");
  if (!recorded) return std::unexpected(recorded.error());
  return services.events.tell(record, json);
}

}  // namespace scep_ra::enrol
