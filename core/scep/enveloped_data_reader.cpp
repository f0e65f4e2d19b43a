#include <algorithm>
#include <optional>

#include "asn1/der_form.h"
#include "asn1/reader.h"
#include "scep/encrypted_content.h"
#include "scep/enveloped_data.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

// Some clients envelope for every certificate of GetCACert: the RA's two and all CAs above them.
constexpr std::size_t maximum_recipients = 8;
constexpr asn1::Oid auth_enveloped_data = oid::fixed("1.2.840.113549.1.9.16.1.23");

// One KeyTransRecipientInfo that names us.
struct Addressed {
  std::size_t recipient = 0;
  asn1::Element key_algorithm;
  Bytes encrypted_key;
};

// RecipientIdentifier ::= CHOICE { issuerAndSerialNumber, [0] subjectKeyIdentifier }. The first of
// ours that it names: a certificate renewed with the same key has the same identifier.
std::optional<std::size_t> find_named(const asn1::Element& identifier,
                                      const std::vector<Recipient>& ours) {
  const auto first = [&](auto&& matches) -> std::optional<std::size_t> {
    const auto found = std::ranges::find_if(ours, matches, &Recipient::certificate);
    if (found == ours.end()) return std::nullopt;
    return static_cast<std::size_t>(found - ours.begin());
  };
  if (identifier.tag == tag::context(0))
    return first([&](const crypto::Certificate& certificate) {
      const auto known = certificate.subject_key_identifier();
      return known && equal(*known, identifier.content);
    });
  asn1::Fault fault;
  asn1::Reader name(identifier.content, fault);
  const auto named = crypto::IssuerAndSerial::read(name);
  if (identifier.tag != tag::sequence || fault) return std::nullopt;
  return first([&](const crypto::Certificate& certificate) { return named.names(certificate); });
}

// RecipientInfos: every kind but KeyTransRecipientInfo is passed over unread (threats-and-tests
// K19).
std::vector<Addressed> addressed_to(asn1::Reader infos, const std::vector<Recipient>& ours) {
  std::vector<Addressed> found;
  std::size_t count = 0;
  while (!infos.at_end()) {
    const asn1::Element info = infos.any();
    if (++count > maximum_recipients) infos.fault().set("too many recipients");
    if (info.tag != tag::sequence) continue;
    asn1::Reader fields(info.content, infos.fault());
    fields.small_unsigned();  // version
    const asn1::Element identifier = fields.any();
    const asn1::Element algorithm = fields.take(tag::sequence);
    const Bytes encrypted_key = fields.octets();
    fields.end();
    if (infos.fault()) break;
    if (const auto recipient = find_named(identifier, ours))
      found.push_back({*recipient, algorithm, encrypted_key});
  }
  return found;
}

// RSAES-OAEP-params (RFC 4055, 4.1): SHA-1 or SHA-256 for both the label and MGF1, no label.
std::optional<crypto::KeyTransport> read_oaep(asn1::Reader& algorithm) {
  asn1::Reader parameters = algorithm.enter(tag::sequence);
  auto digest = std::optional(crypto::Digest::sha1);
  auto mask_digest = digest;
  bool has_label = false;
  const auto explicitly = [&](unsigned number, auto&& read) {
    if (!parameters.next_is(tag::context_constructed(number))) return;
    asn1::Reader value = parameters.enter(tag::context_constructed(number));
    read(value);
    value.end();
  };
  explicitly(0, [&](asn1::Reader& value) { digest = crypto::read_digest_algorithm(value); });
  explicitly(1, [&](asn1::Reader& value) { mask_digest = crypto::read_mgf1_algorithm(value); });
  explicitly(2, [&](asn1::Reader& value) {
    asn1::Reader source = value.enter(tag::sequence);
    has_label = source.oid() != oid::p_specified || !source.octets().empty();
    source.end();
  });
  parameters.end();
  if (has_label || digest != mask_digest) return std::nullopt;
  if (digest == crypto::Digest::sha1) return crypto::KeyTransport::oaep_sha1;
  if (digest == crypto::Digest::sha256) return crypto::KeyTransport::oaep_sha256;
  return std::nullopt;
}

std::optional<crypto::KeyTransport> read_key_transport(const asn1::Element& element) {
  asn1::Fault fault;
  asn1::Reader algorithm(element.content, fault);
  const asn1::Oid type = algorithm.oid();
  std::optional<crypto::KeyTransport> transport;
  if (type == oid::rsa_encryption) {
    algorithm.optional_null();
    transport = crypto::KeyTransport::pkcs1;
  } else if (type == oid::rsaes_oaep && !algorithm.at_end()) {
    transport = read_oaep(algorithm);
  }
  algorithm.end();
  return fault ? std::nullopt : transport;
}

}  // namespace

Result<EnvelopedData> read_enveloped_data(Bytes ber, const std::vector<Recipient>& ours,
                                          const AlgorithmPolicy& policy) {
  const auto form = asn1::to_der(ber);
  if (!form || form->consumed != ber.size()) return envelope_unreadable("no EnvelopedData");
  asn1::Fault fault;
  asn1::Reader reader(form->der, fault);
  asn1::Reader content_info = reader.enter(tag::sequence);
  const asn1::Oid type = content_info.oid();
  if (type == auth_enveloped_data) return envelope_not_allowed("AuthEnvelopedData");
  if (type != oid::enveloped_data) return envelope_unreadable("no EnvelopedData");
  // EnvelopedData ::= SEQUENCE { version, [0] originatorInfo OPTIONAL, recipientInfos,
  // encryptedContentInfo, [1] unprotectedAttrs OPTIONAL }
  asn1::Reader content_of_type = content_info.enter(tag::context_constructed(0));
  content_info.end();
  asn1::Reader fields = content_of_type.enter(tag::sequence);
  content_of_type.end();
  fields.small_unsigned();
  fields.optional(tag::context_constructed(0));
  const std::vector<Addressed> addressed = addressed_to(fields.enter(tag::set), ours);
  EncryptedContent content = read_encrypted_content(fields.enter(tag::sequence));
  fields.optional(tag::context_constructed(1));
  fields.end();
  if (fault) return envelope_unreadable("EnvelopedData that cannot be read");

  EnvelopedData data;
  auto cipher = check_encrypted_content(content, policy);
  if (!cipher) return std::unexpected(std::move(cipher).error());
  data.cipher = *cipher;
  data.iv = to_buffer(*content.iv);
  data.ciphertext = std::move(content.ciphertext);
  if (addressed.size() != 1)
    return fail(Errc::bad_message_check, Reason::recipient_unknown,
                "not addressed to exactly one RA certificate of ours");
  const Addressed& to_us = addressed.front();
  const auto transport = read_key_transport(to_us.key_algorithm);
  if (!transport) return envelope_not_allowed("key transport");
  if (to_us.encrypted_key.size() != ours[to_us.recipient].key.modulus_size())
    return envelope_unreadable("an encrypted key of another size than the RA key");
  data.recipient = to_us.recipient;
  data.key_transport = *transport;
  data.encrypted_key = to_buffer(to_us.encrypted_key);
  return data;
}

Result<Secret> open_enveloped_data(const crypto::Library& library, const EnvelopedData& data,
                                   const Recipient& recipient) {
  auto key =
      recipient.key.unwrap(data.key_transport, data.encrypted_key, crypto::key_size(data.cipher));
  if (!key) return std::unexpected(std::move(key).error());
  return crypto::decrypt_content(library, data.cipher, *key, data.iv, data.ciphertext);
}

}  // namespace scep_ra::scep
