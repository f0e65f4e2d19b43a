#include "scep/cert_rep.h"

#include "asn1/writer.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;

// E_INVALIDARG as NDES writes it: a signed decimal (ndes-behaviour section 6).
constexpr std::string_view invalid_argument = "-2147024809";
constexpr std::size_t nonce_size = 16;

std::string_view fail_info_text(FailInfo info) {
  switch (info) {
    case FailInfo::bad_alg:
      return "Unrecognized or unsupported algorithm";
    case FailInfo::bad_message_check:
      return "Integrity check failed";
    case FailInfo::bad_request:
      return "Transaction not permitted or supported";
    case FailInfo::bad_time:
      return "Message time too far from system time";
    case FailInfo::bad_cert_id:
      return "No certificate could be identified";
  }
  return "";
}

Buffer decimal(auto value) {
  return asn1::printable(std::to_string(static_cast<unsigned>(value)));
}

// RFC 8894, 3.2.1; recipientNonce only when there is a senderNonce to echo (scep-requirements M13).
std::vector<Buffer> attributes_of(const ReplySigner& signer, const Correspondence& to,
                                  PkiStatus status) {
  std::vector<Buffer> attributes{
      attribute_element(oid::message_type, decimal(MessageType::cert_rep)),
      attribute_element(oid::pki_status, decimal(status)),
      attribute_element(oid::transaction_id, asn1::printable(to.transaction_id)),
      attribute_element(oid::sender_nonce,
                        asn1::octets(signer.library->random().bytes(nonce_size)))};
  if (to.sender_nonce)
    attributes.push_back(attribute_element(oid::recipient_nonce, asn1::octets(*to.sender_nonce)));
  return attributes;
}

Result<Buffer> sign(const ReplySigner& signer, const Correspondence& to,
                    SignedDataContent content) {
  if (signer.profile.includes_ra_certificate)
    content.certificates.push_back(signer.certificate.der());
  const auto digest = signer.policy.reply_digest(to.digest.value_or(crypto::Digest::sha256));
  return write_signed_data(signer.library, content, signer.certificate, signer.key, digest);
}

// scep-requirements R9, R10.
Buffer empty_content(const Profile& profile) {
  return profile.empty_content == EmptyContent::one_zero_octet ? Buffer{0} : Buffer{};
}

}  // namespace

Status deliverable(const PkiMessage& request, Bytes password) {
  if (request.signer_key.kind() == crypto::KeyKind::rsa || !password.empty()) return {};
  return fail(Errc::bad_alg, Reason::reply_undeliverable,
              "the signer's key cannot decrypt the certificate that would be issued, and there is "
              "no challengePassword that could");
}

Result<Buffer> write_success(const ReplySigner& signer, const PkiMessage& request,
                             const EnvelopeAlgorithms& algorithms, Bytes password, Bytes content) {
  auto envelope = request.signer_key.kind() == crypto::KeyKind::rsa
                      ? write_enveloped_data(signer.library, content, algorithms, request.signer(),
                                             request.signer_key)
                      : write_enveloped_data(signer.library, content, algorithms.cipher, password);
  if (!envelope) return envelope;
  const Correspondence& to = request.correspondence;
  return sign(signer, to,
              {*std::move(envelope), attributes_of(signer, to, PkiStatus::success), {}});
}

Result<Buffer> write_pending(const ReplySigner& signer, const Correspondence& to) {
  return sign(signer, to,
              {empty_content(signer.profile), attributes_of(signer, to, PkiStatus::pending), {}});
}

Result<Buffer> write_failure(const ReplySigner& signer, const Correspondence& to, FailInfo info) {
  SignedDataContent content;
  content.content = empty_content(signer.profile);
  content.attributes = attributes_of(signer, to, PkiStatus::failure);
  content.attributes.push_back(attribute_element(oid::fail_info, decimal(info)));
  if (signer.profile.microsoft_error_attribute)
    content.attributes.push_back(
        attribute_element(oid::microsoft_scep_error, asn1::printable(invalid_argument)));
  else
    content.attributes.push_back(
        attribute_element(oid::fail_info_text, asn1::utf8(fail_info_text(info))));
  return sign(signer, to, std::move(content));
}

}  // namespace scep_ra::scep
