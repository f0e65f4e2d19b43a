#include "scep/client.h"

#include <algorithm>

#include "asn1/writer.h"
#include "scep/certs_only.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

std::unexpected<Error> not_ours(const char* what) {
  return fail(Errc::bad_message_check, Reason::message_unreadable, std::string("CertRep: ") + what);
}

// The text of a SCEP attribute that must be one PrintableString (scep-requirements R4).
std::string text_of(const SignedData& data, const asn1::Oid& type) {
  const asn1::Element* value = data.single_value(type);
  return value && value->tag == tag::printable_string ? to_string(value->content) : std::string();
}

Status check_signature(const crypto::Library& library, SignedData& data,
                       const std::vector<crypto::Certificate>& ra_certificates) {
  if (data.signers != 1) return not_ours("not exactly one signer");
  // Whoever collides MD5 has an answer for two messages (scep-requirements R18).
  if (data.digest == crypto::Digest::md5 ||
      (data.algorithm && data.algorithm->digest == crypto::Digest::md5))
    return not_ours("signed with MD5");
  if (!data.digest_announced) return not_ours("digestAlgorithms lacks the signer's digest");
  for (const crypto::Certificate& ra : ra_certificates) {
    auto key = crypto::PublicKey::decode(library, ra.public_key_info());
    if (key && verify_signed_data(library, data, *key)) return {};
  }
  return not_ours("not signed by an RA certificate of GetCACert");
}

Result<Secret> open_envelope(const crypto::Library& library, Bytes envelope,
                             const Requester& requester) {
  const AlgorithmPolicy policy{.des = true};
  if (requester.key.public_key().kind() != crypto::KeyKind::rsa)
    return open_with_password(library, envelope, policy, requester.password);
  auto unwrap = crypto::KeyUnwrap::make(library, requester.key);
  if (!unwrap) return std::unexpected(std::move(unwrap).error());
  std::vector<Recipient> ours;
  ours.push_back({requester.signer, *std::move(unwrap)});
  auto data = read_enveloped_data(envelope, ours, policy);
  if (!data) return std::unexpected(std::move(data).error());
  return open_enveloped_data(library, *data, ours.front());
}

Result<std::vector<crypto::Certificate>> open_certificates(const crypto::Library& library,
                                                           Bytes envelope,
                                                           const Requester& requester) {
  const auto plain = open_envelope(library, envelope, requester);
  if (!plain) return std::unexpected(plain.error());
  return read_certs_only(plain->reveal());
}

}  // namespace

Result<Buffer> write_request(const crypto::Library& library, const RequestContent& request,
                             const crypto::Certificate& ra_encryption,
                             const crypto::Certificate& signer,
                             const crypto::PrivateKey& signer_key) {
  auto ra_key = crypto::PublicKey::decode(library, ra_encryption.public_key_info());
  if (!ra_key) return std::unexpected(std::move(ra_key).error());
  auto envelope =
      write_enveloped_data(library, request.message_data,
                           {request.cipher, crypto::KeyTransport::pkcs1}, ra_encryption, *ra_key);
  if (!envelope) return envelope;
  SignedDataContent content;
  content.content = *std::move(envelope);
  content.certificates = {signer.der()};
  const std::string type = std::to_string(static_cast<unsigned>(request.type));
  content.attributes = {
      attribute_element(oid::message_type, asn1::printable(type)),
      attribute_element(oid::transaction_id, asn1::printable(request.transaction_id)),
      attribute_element(oid::sender_nonce, asn1::octets(request.sender_nonce))};
  return write_signed_data(library, content, signer, signer_key, request.digest);
}

Buffer issuer_and_subject(Bytes issuer, Bytes subject) {
  return asn1::sequence({issuer, subject});
}

Result<CertRep> read_cert_rep(const crypto::Library& library, Bytes ber,
                              const std::vector<crypto::Certificate>& ra_certificates,
                              const Requester& requester, const TransactionId& transaction_id,
                              const Nonce& sender_nonce) {
  auto data = read_signed_data(ber);
  if (!data) return std::unexpected(std::move(data).error());
  if (Status good = check_signature(library, *data, ra_certificates); !good)
    return std::unexpected(std::move(good).error());
  if (text_of(*data, oid::message_type) != "3") return not_ours("another messageType");
  if (text_of(*data, oid::transaction_id) != transaction_id)
    return not_ours("another transactionID");
  const asn1::Element* nonce = data->single_value(oid::recipient_nonce);
  if (!nonce || !equal(nonce->content, sender_nonce)) return not_ours("another recipientNonce");

  CertRep reply;
  const std::string status = text_of(*data, oid::pki_status);
  if (status == "3") {
    reply.status = PkiStatus::pending;
  } else if (status == "2") {
    const std::string info = text_of(*data, oid::fail_info);
    if (info.size() != 1 || info[0] < '0' || info[0] > '4')
      return not_ours("FAILURE without failInfo");
    reply.fail_info = static_cast<FailInfo>(info[0] - '0');
    if (const asn1::Element* text = data->single_value(oid::fail_info_text))
      reply.fail_info_text = asn1::string_value(*text).value_or("");
  } else if (status == "0") {
    reply.status = PkiStatus::success;
    if (!data->content || data->content_type != oid::data)
      return not_ours("SUCCESS without an envelope");
    auto certificates = open_certificates(library, *data->content, requester);
    if (!certificates) return std::unexpected(std::move(certificates).error());
    reply.certificates = *std::move(certificates);
  } else {
    return not_ours("another pkiStatus");
  }
  return reply;
}

}  // namespace scep_ra::scep
