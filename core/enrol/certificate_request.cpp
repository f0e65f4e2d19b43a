#include "enrol/certificate_request.h"

#include <utility>

#include "base/text.h"
#include "enrol/describe_csr.h"
#include "enrol/renewal.h"
#include "enrol/transaction.h"

namespace scep_ra::enrol {
namespace {

namespace oid = asn1::oid;

// One request for a certificate, from the verified CSR on.
class Decision {
 public:
  Decision(Exchange& exchange, const scep::PkiMessage& message, const MessageData& data)
      : exchange_(exchange),
        services_(exchange.services()),
        message_(message),
        csr_(data.csr.csr),
        csr_key_(data.csr.key),
        request_{message, data, first_key()} {
    describe(exchange.record(), csr_);
  }

  // Who signed it decides what it is, not its messageType alone (scep-requirements N13).
  Outcome answer() {
    const auto former = find_former(services_, message_);
    if (!former) return refuse(former.error());
    if (*former) {
      if (auto outcome = renew(**former)) return *std::move(outcome);
    } else if (message_.type == scep::MessageType::renewal_req) {
      return refuse({Errc::denied, Reason::renewal_not_allowed,
                     "signed by no certificate that this RA has issued"});
    }
    return enrol();
  }

 private:
  Outcome refuse(const Error& error) { return exchange_.refuse(error, message_.correspondence); }

  [[nodiscard]] store::RequestKey first_key() const {
    const auto sha256 = [&](Bytes octets) {
      return services_.library->digest(crypto::Digest::sha256, octets);
    };
    return {sha256(csr_.info()), message_.correspondence.transaction_id,
            sha256(message_.signer_key.info())};
  }

  // Authorised by the certificate that signed it. Empty: it is not, but a password may.
  std::optional<Outcome> renew(const Former& former) {
    const store::RequestKey as_first = request_.key;
    request_.key.csr_info_hash = renewal_hash(services_.library, as_first.csr_info_hash, former);
    if (auto known = answer_if_known(exchange_, request_)) return known;
    auto renewal = judge(services_, former, csr_);
    if (!renewal) {
      // N20: as if a stranger had signed it, so by its password alone.
      const bool by_password = message_.type == scep::MessageType::pkcs_req &&
                               !csr_.challenge_password().empty() &&
                               renewal.error().reason != Reason::certificate_revoked;
      if (!by_password) return refuse(renewal.error());
      request_.key = as_first;
      return std::nullopt;
    }
    return approve(renewal->certificate_template, [&] { return renewal->authorisation; });
  }

  Outcome enrol() {
    if (auto known = answer_if_known(exchange_, request_)) return *std::move(known);
    return approve(services_.templates.choose(requested_key_usage()),
                   [&] { return authorise_by_password(); });
  }

  // Who has guessed too often is not told whether he is right now (threats-and-tests A6).
  Result<policy::Authorisation> authorise_by_password() {
    const std::string& source = exchange_.record().client_address;
    if (Status may = services_.guesses.may_try(source); !may)
      return std::unexpected(std::move(may).error());
    auto authorisation = services_.challenge.verify(csr_, request_.key.csr_info_hash);
    if (!authorisation && authorisation.error().reason == Reason::password_unknown)
      services_.guesses.count_wrong(source);
    return authorisation;
  }

  // Steps 9 and 10: spends nothing.
  template <class Authorise>
  Outcome approve(const policy::Template& chosen, const Authorise& authorise) {
    exchange_.record().certificate_template = chosen.name;
    auto approved = decide(chosen, authorise);
    if (!approved) return refuse(approved.error());
    exchange_.finish_stage("policy");
    return carry_out(exchange_, request_, *approved);
  }

  template <class Authorise>
  Result<policy::ApprovedRequest> decide(const policy::Template& chosen,
                                         const Authorise& authorise) {
    if (Status allowed = csr_signature_allowed(); !allowed)
      return std::unexpected(std::move(allowed).error());
    Result<policy::Authorisation> authorisation = authorise();
    if (!authorisation) return std::unexpected(std::move(authorisation).error());
    if (Status good = scep::deliverable(message_, csr_.challenge_password().reveal()); !good)
      return std::unexpected(std::move(good).error());
    if (Status good = keys_are_good(); !good) return std::unexpected(std::move(good).error());
    if (is_own_key())
      return fail(Errc::bad_alg, Reason::key_is_ra_key,
                  "the CSR asks to certify a key of the RA or CA");
    return policy::approve(csr_, csr_key_, chosen, *std::move(authorisation),
                           request_.key.transaction_id);
  }

  [[nodiscard]] Status csr_signature_allowed() const {
    if (services_.algorithms.allows(csr_.signature_algorithm()->digest)) return {};
    return fail(Errc::bad_alg, Reason::algorithm_not_allowed, "digest of the CSR's signature");
  }

  // threats-and-tests C11: also the key that the answer is encrypted to, which usually is the same.
  [[nodiscard]] Status keys_are_good() const {
    const auto examine = [&](const crypto::PublicKey& key, const char* whose) {
      return policy::check_key(*services_.library, services_.blocked_keys, key, whose);
    };
    if (Status good = examine(csr_key_, "the key"); !good) return good;
    if (equal(csr_key_.info(), message_.signer_key.info())) return {};
    return examine(message_.signer_key, "the signer's key");
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

  Exchange& exchange_;
  const Services& services_;
  const scep::PkiMessage& message_;
  const crypto::Csr& csr_;
  const crypto::PublicKey& csr_key_;
  CertificateRequest request_;
};

}  // namespace

Outcome answer_certificate_request(Exchange& exchange, const scep::PkiMessage& message,
                                   const MessageData& data) {
  return Decision(exchange, message, data).answer();
}

}  // namespace scep_ra::enrol
