#include "scep/pki_message.h"

#include <algorithm>

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

constexpr std::size_t maximum_transaction_id = 255;
constexpr std::size_t maximum_nonce = 64;

bool is_text(const asn1::Element& element) {
  return element.tag == tag::printable_string || element.tag == tag::utf8_string ||
         element.tag == tag::ia5_string;
}

std::optional<TransactionId> read_transaction_id(const SignedData& data) {
  const asn1::Element* value = data.single_value(oid::transaction_id);
  if (!value || !is_text(*value) || value->content.empty() ||
      value->content.size() > maximum_transaction_id)
    return std::nullopt;
  return to_string(value->content);
}

// The decimal text of messageType, whatever type wraps it (scep-requirements M7); empty: none.
std::string read_message_type(const SignedData& data) {
  const asn1::Element* value = data.single_value(oid::message_type);
  if (!value || value->content.empty()) return {};
  if (value->tag == tag::integer && value->content.size() == 1 && value->content[0] < 100)
    return std::to_string(value->content[0]);
  if (!is_text(*value)) return {};
  std::string_view text = as_text(value->content);
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const bool decimal =
      !text.empty() && text.size() <= 2 &&
      std::ranges::all_of(text, [](char digit) { return digit >= '0' && digit <= '9'; });
  return decimal ? std::string(text) : std::string();
}

// Absent is tolerated (scep-requirements M13), another shape is not.
Result<std::optional<Nonce>> read_sender_nonce(const SignedData& data) {
  if (!data.has(oid::sender_nonce)) return std::nullopt;
  const asn1::Element* value = data.single_value(oid::sender_nonce);
  if (!value || value->tag != tag::octet_string || value->content.empty() ||
      value->content.size() > maximum_nonce)
    return fail(Errc::bad_request, Reason::attribute_invalid, "senderNonce");
  return to_buffer(value->content);
}

// One of two is never taken (scep-requirements M6), also where we need neither.
Status check_attributes(const SignedData& data) {
  for (const asn1::Oid* type :
       {&oid::pki_status, &oid::fail_info, &oid::recipient_nonce, &oid::fail_info_text})
    if (data.has(*type) && !data.single_value(*type))
      return fail(Errc::bad_request, Reason::attribute_invalid, type->dotted() + " twice");
  return {};
}

Status check_signer(const SignedData& data) {
  const auto wrong = [](const char* what) {
    return fail(Errc::bad_request, Reason::signer_invalid, what);
  };
  if (data.signers != 1) return wrong("not exactly one signer");
  if (!data.signer_certificate) return wrong("the signer's certificate is missing or unreadable");
  if (data.digest && !data.digest_announced)
    return wrong("digestAlgorithms lacks the signer's digest");
  if (!data.content || data.content->empty())
    return fail(Errc::bad_request, Reason::message_unreadable, "no pkcsPKIEnvelope");
  if (data.content_type != oid::data && data.content_type != oid::enveloped_data)
    return fail(Errc::bad_request, Reason::message_unreadable, "content of another type");
  return {};
}

Status check_algorithms(const SignedData& data, const AlgorithmPolicy& policy) {
  if (!data.digest || !policy.allows(*data.digest))
    return fail(Errc::bad_alg, Reason::algorithm_not_allowed,
                data.digest ? "digest " + std::string(crypto::word(*data.digest)) : "digest");
  if (!data.algorithm || !policy.allows(data.algorithm->digest))
    return fail(Errc::bad_alg, Reason::algorithm_not_allowed, "signature algorithm");
  return {};
}

Result<crypto::PublicKey> signer_key(const crypto::Library& library, const SignedData& data,
                                     const AlgorithmPolicy& policy) {
  auto key = crypto::PublicKey::decode(
      library, data.certificates[*data.signer_certificate].public_key_info());
  if (key && key->kind() == crypto::KeyKind::rsa && key->bits() < policy.minimum_rsa_bits)
    return fail(Errc::bad_alg, Reason::key_too_short,
                "signer's RSA key of " + std::to_string(key->bits()) + " bits");
  return key;
}

Result<MessageType> allowed_type(const std::string& text) {
  const auto type = message_type(text);
  if (!type || *type == MessageType::cert_rep)
    return fail(Errc::bad_request, Reason::message_type_unknown, "messageType '" + text + "'");
  return *type;
}

}  // namespace

std::expected<PkiMessage, MessageFlaw> read_pki_message(const crypto::Library& library, Bytes ber,
                                                        const AlgorithmPolicy& policy) {
  auto data = read_signed_data(ber);
  if (!data) return std::unexpected(MessageFlaw{std::move(data).error(), std::nullopt, {}});
  const auto id = read_transaction_id(*data);
  if (!id)
    return std::unexpected(MessageFlaw{
        {Errc::malformed, Reason::attribute_invalid, "no usable transactionID"}, std::nullopt, {}});
  Correspondence correspondence{*id, std::nullopt, data->digest};
  const std::string type_text = read_message_type(*data);
  const auto flaw = [&](Error&& error) {
    return std::unexpected(MessageFlaw{std::move(error), correspondence, type_text});
  };

  auto nonce = read_sender_nonce(*data);
  if (!nonce) return flaw(std::move(nonce).error());
  correspondence.sender_nonce = *std::move(nonce);
  if (!data->single_value(oid::message_type))
    return flaw({Errc::bad_request, Reason::attribute_invalid, "messageType missing or twice"});
  const auto type = allowed_type(type_text);
  if (!type) return flaw(Error(type.error()));
  if (Status good = check_attributes(*data); !good) return flaw(std::move(good).error());
  if (Status good = check_signer(*data); !good) return flaw(std::move(good).error());
  if (Status good = check_algorithms(*data, policy); !good) return flaw(std::move(good).error());
  auto key = signer_key(library, *data, policy);
  if (!key) return flaw(std::move(key).error());
  if (Status good = verify_signed_data(library, *data, *key); !good)
    return flaw(std::move(good).error());
  return PkiMessage{std::move(correspondence), *type, *std::move(data), *std::move(key)};
}

}  // namespace scep_ra::scep
