#include "enrol/message_data.h"

#include <thread>

namespace scep_ra::enrol {
namespace {

// The one answer. Its reason is one word too: the event must not become the oracle.
std::unexpected<Error> does_not_open() {
  return fail(Errc::bad_message_check, Reason::envelope_unreadable,
              "the envelope does not open to a request of its type");
}

std::optional<VerifiedCsr> read_csr(const Services& services, const scep::PkiMessage& message,
                                    Bytes content) {
  auto csr = crypto::Csr::decode(content);
  if (!csr || !csr->signature_algorithm()) return std::nullopt;
  // Usually the signer's key: decoding it anew would cost more than the signature does.
  auto key = equal(csr->public_key_info(), message.signer_key.info())
                 ? Result<crypto::PublicKey>(message.signer_key)
                 : crypto::PublicKey::decode(services.library, csr->public_key_info());
  if (!key || !key->verify(*csr->signature_algorithm(), csr->info(), csr->signature()))
    return std::nullopt;
  return VerifiedCsr{*std::move(csr), *std::move(key)};
}

// As late as an envelope that opens to a CSR of the longest verification: whether padding, shape or
// signature was wrong must not show in the time either.
constexpr std::chrono::milliseconds same_time{2};

}  // namespace

SameTime::SameTime() : until_(std::chrono::steady_clock::now() + same_time) {}

void SameTime::wait() const {
  std::this_thread::sleep_until(until_);
}

Result<scep::EnvelopedData> read_envelope(const Services& services,
                                          const scep::PkiMessage& message) {
  return scep::read_enveloped_data(message.signed_data.content.value_or(Bytes{}),
                                   services.keys.recipients(), services.algorithms);
}

Result<Secret> open_envelope(const Services& services, const scep::EnvelopedData& envelope) {
  return scep::open_enveloped_data(services.library, envelope,
                                   services.keys.recipients()[envelope.recipient]);
}

Result<MessageData> open_message_data(const Services& services, const scep::PkiMessage& message) {
  auto envelope = read_envelope(services, message);
  if (!envelope) return std::unexpected(std::move(envelope).error());
  const auto plain = open_envelope(services, *envelope);
  if (!plain && plain.error().code == Errc::internal) return std::unexpected(plain.error());
  const SameTime until;
  auto csr = plain ? read_csr(services, message, plain->reveal()) : std::nullopt;
  if (!csr) {
    until.wait();
    return does_not_open();
  }
  return MessageData{*std::move(envelope), *std::move(csr)};
}

}  // namespace scep_ra::enrol
