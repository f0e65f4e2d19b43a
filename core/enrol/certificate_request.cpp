#include "enrol/certificate_request.h"

#include <utility>

#include "base/text.h"

namespace scep_ra::enrol {
namespace {

namespace oid = asn1::oid;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

// One request for a certificate, from the verified CSR on.
class CertificateRequest {
 public:
  CertificateRequest(Exchange& exchange, const scep::PkiMessage& message, MessageData data)
      : exchange_(exchange),
        services_(exchange.services()),
        message_(message),
        data_(std::move(data)),
        csr_(data_.csr.csr),
        csr_key_(data_.csr.key) {
    const auto sha256 = [&](Bytes octets) {
      return services_.library->digest(crypto::Digest::sha256, octets);
    };
    key_ = {sha256(csr_.info()), message.correspondence.transaction_id,
            sha256(message.signer_key.info())};
    describe();
  }

  Outcome answer() {
    if (auto known = answer_if_known()) return *std::move(known);
    auto approved = decide();
    if (!approved) return refuse(approved.error());
    exchange_.finish_stage("policy");
    return issue(*approved);
  }

 private:
  Outcome refuse(const Error& error) { return exchange_.refuse(error, message_.correspondence); }

  void describe() {
    events::EventRecord& record = exchange_.record();
    record.subject = asn1::name_text(csr_.subject_name());
    const crypto::Extension* names = csr_.extension(oid::subject_alternative_name);
    if (!names) return;
    for (const crypto::GeneralName& name :
         crypto::read_general_names(names->value).value_or(std::vector<crypto::GeneralName>{}))
      record.sans.push_back(std::string(crypto::word(name.kind)) + ":" + name.value);
  }

  // Step 8.
  std::optional<Outcome> answer_if_known() {
    const auto known = services_.store.find_request(key_);
    if (!known) return refuse(known.error());
    return std::visit(
        Overloaded{[](const store::Unknown&) { return std::optional<Outcome>(); },
                   [](const store::Claimed&) { return std::optional(Exchange::come_again()); },
                   [&](const store::OtherOpen&) { return std::optional(other_open()); },
                   [&](const store::IssuedCertificate& issued) {
                     return std::optional(deliver_again(issued));
                   }},
        *known);
  }

  // Steps 9 and 10: spends nothing.
  Result<policy::ApprovedRequest> decide() {
    if (message_.type != scep::MessageType::pkcs_req)
      return fail(Errc::denied, Reason::renewal_not_allowed, "renewal is not offered");
    if (Status allowed = csr_signature_allowed(); !allowed)
      return std::unexpected(std::move(allowed).error());
    const policy::Template& chosen = services_.templates.choose(requested_key_usage());
    exchange_.record().certificate_template = chosen.name;
    auto authorisation = services_.challenge.verify(csr_, key_.csr_info_hash);
    if (!authorisation) return std::unexpected(std::move(authorisation).error());
    if (Status good = scep::deliverable(message_); !good)
      return std::unexpected(std::move(good).error());
    if (is_own_key())
      return fail(Errc::bad_alg, Reason::key_is_ra_key,
                  "the CSR asks to certify a key of the RA or CA");
    return policy::approve(csr_, csr_key_, chosen, *std::move(authorisation), key_.transaction_id);
  }

  [[nodiscard]] Status csr_signature_allowed() const {
    if (services_.algorithms.allows(csr_.signature_algorithm()->digest)) return {};
    return fail(Errc::bad_alg, Reason::algorithm_not_allowed, "digest of the CSR's signature");
  }

  [[nodiscard]] std::optional<std::uint16_t> requested_key_usage() const {
    const crypto::Extension* usage = csr_.extension(oid::key_usage);
    return usage ? crypto::read_key_usage(usage->value) : std::nullopt;
  }

  [[nodiscard]] bool is_own_key() const {
    const auto same = [&](const crypto::Certificate& certificate) {
      return equal(certificate.public_key_info(), csr_.public_key_info());
    };
    for (const scep::Recipient& recipient : services_.keys.recipients())
      if (same(recipient.certificate)) return true;
    for (const crypto::Certificate& ca : services_.ca.ca_certificates())
      if (same(ca)) return true;
    return same(services_.keys.signer().certificate);
  }

  // Step 11: the password is spent and the request claimed before the CA is asked (threats rule 5).
  Outcome issue(const policy::ApprovedRequest& approved) {
    const auto claim =
        services_.store.spend_and_claim({key_, to_buffer(approved.authorisation().password_mac()),
                                         approved.certificate_template().name});
    exchange_.finish_stage("store");
    if (!claim) return refuse(claim.error());
    return std::visit(
        Overloaded{[&](const store::ClaimWon&) { return ask_ca(approved); },
                   [&](const store::PasswordSpent&) {
                     return refuse({Errc::denied, Reason::password_unknown,
                                    "unknown, expired or spent meanwhile"});
                   },
                   [](const store::Claimed&) { return Exchange::come_again(); },
                   [&](const store::OtherOpen&) { return other_open(); },
                   [&](const store::IssuedCertificate& issued) { return deliver_again(issued); }},
        *claim);
  }

  Outcome ask_ca(const policy::ApprovedRequest& approved) {
    auto decision = services_.ca.submit(approved);
    exchange_.finish_stage("ca");
    if (!decision) return give_back(decision.error());
    return std::visit(
        Overloaded{[&](const ca::Issued& issued) { return record(approved, issued.certificate); },
                   [&](const ca::Denied& denied) {
                     return give_back({Errc::denied, Reason::ca_denied, denied.detail});
                   }},
        *decision);
  }

  // Step 12: not durable, not done.
  Outcome record(const policy::ApprovedRequest& approved, const crypto::Certificate& certificate) {
    if (!equal(certificate.public_key_info(), csr_.public_key_info()))
      return give_back({Errc::internal, Reason::ca_denied, "the CA certified another key"});
    events::EventRecord& record = exchange_.record();
    record.id = events::EventId::certificate_issued;
    record.reason = Reason::none;
    record.serial = certificate.serial_text();
    const std::string json = events::to_json(record);
    const store::Issue issue{key_,
                             {certificate.serial_text(), to_buffer(certificate.der())},
                             record.subject,
                             approved.certificate_template().name,
                             certificate.not_before(),
                             certificate.not_after()};
    const Status recorded =
        services_.store.record_issue(issue, {static_cast<int>(record.id), json});
    exchange_.finish_stage("store");
    if (!recorded) {
      if (recorded.error().reason == Reason::request_in_progress) return Exchange::come_again();
      return refuse(recorded.error());
    }
    return exchange_.deliver(message_, data_.envelope, certificate,
                             {services_.events.tell(record, json)});
  }

  // The CA did not certify: the same request may come again, its password stays bound to it (R5).
  Outcome give_back(const Error& error) {
    Outcome outcome = refuse(error);
    const events::EventRecord& record = exchange_.record();
    // Without this the claim ends by itself after its life.
    (void)services_.store.release_claim(key_,
                                        {static_cast<int>(record.id), events::to_json(record)});
    return outcome;
  }

  Outcome deliver_again(const store::IssuedCertificate& issued) {
    const auto certificate = crypto::Certificate::decode(issued.certificate);
    if (!certificate)
      return refuse(
          {Errc::internal, Reason::internal_error, "a certificate of the store is unreadable"});
    if (Status good = scep::deliverable(message_); !good) return refuse(good.error());
    return exchange_.deliver(message_, data_.envelope, *certificate, {});
  }

  Outcome other_open() {
    return refuse({Errc::bad_request, Reason::transaction_open,
                   "the transactionID belongs to another request that is still open"});
  }

  Exchange& exchange_;
  const Services& services_;
  const scep::PkiMessage& message_;
  const MessageData data_;
  const crypto::Csr& csr_;
  const crypto::PublicKey& csr_key_;
  store::RequestKey key_;
};

}  // namespace

Outcome answer_certificate_request(Exchange& exchange, const scep::PkiMessage& message,
                                   MessageData data) {
  return CertificateRequest(exchange, message, std::move(data)).answer();
}

}  // namespace scep_ra::enrol
