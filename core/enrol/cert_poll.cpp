#include "enrol/cert_poll.h"

#include <utility>

#include "crypto/csr.h"
#include "crypto/sealed.h"
#include "enrol/message_data.h"
#include "enrol/overloaded.h"

namespace scep_ra::enrol {
namespace {

class Poll {
 public:
  Poll(Exchange& exchange, const scep::PkiMessage& message)
      : exchange_(exchange), services_(exchange.services()), message_(message) {}

  Outcome answer() {
    const auto polled = services_.store.poll_request(
        message_.correspondence.transaction_id,
        services_.library->digest(crypto::Digest::sha256, message_.signer_key.info()));
    exchange_.finish_stage("store");
    if (!polled) return refuse(polled.error());
    return std::visit(
        Overloaded{[&](const store::Unknown&) {
                     return refuse({Errc::bad_cert_id, Reason::transaction_unknown,
                                    "no such transaction of this signer"});
                   },
                   [&](const store::Claimed&) { return exchange_.pending(message_, {}); },
                   [&](const store::Pending&) { return exchange_.pending(message_, {}); },
                   [&](const store::Denied&) {
                     return refuse({Errc::denied, Reason::approval_denied,
                                    "an operator has denied the request"});
                   },
                   [&](const store::PolledIssue& found) { return deliver(found); }},
        *polled);
  }

 private:
  Outcome refuse(const Error& error) { return exchange_.refuse(error, message_.correspondence); }

  Outcome deliver(const store::PolledIssue& found) {
    const auto certificate = crypto::Certificate::decode(found.issued.certificate);
    if (!certificate)
      return refuse(
          {Errc::internal, Reason::internal_error, "a certificate of the store is unreadable"});
    const auto csr = sealed_csr(found);
    if (!csr) return refuse(csr.error());
    const Bytes password = *csr ? (*csr)->challenge_password().reveal() : Bytes{};
    if (Status good = scep::deliverable(message_, password); !good) return refuse(good.error());
    return exchange_.deliver(message_, {algorithms(), password}, *certificate, {});
  }

  // A poll carries no CSR, and a key that cannot decrypt needs the password of the one that waited.
  [[nodiscard]] Result<std::optional<crypto::Csr>> sealed_csr(
      const store::PolledIssue& found) const {
    const bool decrypts = message_.signer_key.kind() == crypto::KeyKind::rsa;
    if (decrypts || found.sealed_csr.empty()) return std::nullopt;
    const auto der =
        crypto::unseal(services_.library, services_.csr_key, found.csr_info_hash, found.sealed_csr);
    if (!der) return std::unexpected(der.error());
    return crypto::Csr::decode(der->reveal());
  }

  // As the poll's own envelope was made, as far as it can be read (scep-requirements E13).
  [[nodiscard]] scep::EnvelopeAlgorithms algorithms() const {
    const auto envelope = read_envelope(services_, message_);
    if (!envelope) return {};
    return {envelope->cipher, envelope->key_transport};
  }

  Exchange& exchange_;
  const Services& services_;
  const scep::PkiMessage& message_;
};

}  // namespace

Outcome answer_cert_poll(Exchange& exchange, const scep::PkiMessage& message) {
  return Poll(exchange, message).answer();
}

}  // namespace scep_ra::enrol
