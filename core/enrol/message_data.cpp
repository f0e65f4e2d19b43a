#include "enrol/message_data.h"

#include "asn1/reader.h"

namespace scep_ra::enrol {
namespace {

namespace tag = asn1::tag;

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

// IssuerAndSubject ::= SEQUENCE { issuer Name, subject Name } (RFC 8894, 3.3.3)
bool is_issuer_and_subject(Bytes content) {
  asn1::Fault fault;
  asn1::Reader reader(content, fault);
  asn1::Reader fields = reader.enter(tag::sequence);
  fields.take(tag::sequence);
  fields.take(tag::sequence);
  fields.end();
  reader.end();
  return !fault;
}

// IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER } (RFC 8894, 3.3.4)
bool is_issuer_and_serial(Bytes content) {
  asn1::Fault fault;
  asn1::Reader reader(content, fault);
  asn1::Reader fields = reader.enter(tag::sequence);
  fields.take(tag::sequence);
  fields.take(tag::integer);
  fields.end();
  reader.end();
  return !fault;
}

}  // namespace

Result<MessageData> open_message_data(const Services& services, const scep::PkiMessage& message) {
  auto envelope = scep::read_enveloped_data(message.signed_data.content.value_or(Bytes{}),
                                            services.keys.recipients(), services.algorithms);
  if (!envelope) return std::unexpected(std::move(envelope).error());
  const auto plain = scep::open_enveloped_data(services.library, *envelope,
                                               services.keys.recipients()[envelope->recipient]);
  if (!plain) {
    if (plain.error().code == Errc::internal) return std::unexpected(plain.error());
    return does_not_open();
  }
  MessageData data{*std::move(envelope), std::nullopt};
  bool fits = false;
  switch (message.type) {
    case scep::MessageType::pkcs_req:
    case scep::MessageType::renewal_req:
      data.csr = read_csr(services, message, plain->reveal());
      fits = data.csr.has_value();
      break;
    case scep::MessageType::cert_poll:
      fits = is_issuer_and_subject(plain->reveal());
      break;
    case scep::MessageType::get_cert:
    case scep::MessageType::get_crl:
      fits = is_issuer_and_serial(plain->reveal());
      break;
    case scep::MessageType::cert_rep:
      break;
  }
  if (!fits) return does_not_open();
  return data;
}

}  // namespace scep_ra::enrol
