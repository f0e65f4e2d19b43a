#include <algorithm>

#include "asn1/der_form.h"
#include "scep/signed_data.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

constexpr std::size_t maximum_certificates = 16;
constexpr std::size_t maximum_attributes = 64;

bool is_blank(std::uint8_t octet) {
  return octet == '\r' || octet == '\n' || octet == ' ' || octet == 0;
}

void read_certificates(asn1::Reader bag, SignedData& data) {
  std::size_t count = 0;
  while (!bag.at_end()) {
    const asn1::Element choice = bag.any();
    if (++count > maximum_certificates) return bag.fault().set("too many certificates");
    // What cannot be read is not the signer's, or the signer is missing: both are said later.
    if (auto certificate = crypto::Certificate::decode(choice.whole))
      data.certificates.push_back(*std::move(certificate));
  }
}

// SignerIdentifier ::= CHOICE { issuerAndSerialNumber, [0] subjectKeyIdentifier } (RFC 5652, 5.3)
void find_signer(asn1::Reader& signer_info, SignedData& data) {
  const auto named = [&](auto&& matches) {
    const auto found = std::ranges::find_if(data.certificates, matches);
    if (found != data.certificates.end())
      data.signer_certificate = static_cast<std::size_t>(found - data.certificates.begin());
  };
  if (const auto identifier = signer_info.optional(tag::context(0))) {
    named([&](const crypto::Certificate& certificate) {
      const auto known = certificate.subject_key_identifier();
      return known && equal(*known, identifier->content);
    });
    return;
  }
  asn1::Reader name = signer_info.enter(tag::sequence);
  const auto identifier = crypto::IssuerAndSerial::read(name);
  named([&](const crypto::Certificate& certificate) { return identifier.names(certificate); });
}

void read_attributes(const asn1::Element& set, SignedData& data, asn1::Fault& fault) {
  data.attributes_der = to_buffer(set.whole);
  data.attributes_der[0] = tag::set;  // what is signed carries the tag of SET OF (RFC 5652, 5.4)
  asn1::Reader attributes(set.content, fault);
  while (!attributes.at_end()) {
    asn1::Reader one = attributes.enter(tag::sequence);
    Attribute attribute{one.oid(), {}};
    asn1::Reader values = one.enter(tag::set);
    one.end();
    while (!values.at_end()) attribute.values.push_back(values.any());
    if (data.attributes.size() >= maximum_attributes) return fault.set("too many attributes");
    data.attributes.push_back(std::move(attribute));
  }
}

void read_signer_info(asn1::Reader signer_info, SignedData& data) {
  asn1::Fault& fault = signer_info.fault();
  signer_info.small_unsigned();  // version
  find_signer(signer_info, data);
  data.digest = crypto::read_digest_algorithm(signer_info);
  if (const auto attributes = signer_info.optional(tag::context_constructed(0)))
    read_attributes(*attributes, data, fault);
  data.algorithm = crypto::read_signature_algorithm(signer_info, data.digest);
  data.signature = signer_info.octets();
  signer_info.optional(tag::context_constructed(1));  // unsigned attributes
  signer_info.end();
}

void read_content(asn1::Reader content_info, SignedData& data) {
  data.content_type = content_info.oid();
  if (content_info.next_is(tag::context_constructed(0))) {
    asn1::Reader content = content_info.enter(tag::context_constructed(0));
    data.content = content.octets();
    content.end();
  }
  content_info.end();
}

// SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, [0] certificates OPTIONAL,
// [1] crls OPTIONAL, signerInfos } (RFC 5652, 5.1)
void read_fields(asn1::Reader fields, SignedData& data) {
  fields.small_unsigned();  // version
  std::vector<std::optional<crypto::Digest>> announced;
  for (asn1::Reader digests = fields.enter(tag::set); !digests.at_end() && announced.size() < 16;)
    announced.push_back(crypto::read_digest_algorithm(digests));
  read_content(fields.enter(tag::sequence), data);
  if (fields.next_is(tag::context_constructed(0)))
    read_certificates(fields.enter(tag::context_constructed(0)), data);
  fields.optional(tag::context_constructed(1));
  asn1::Reader signers = fields.enter(tag::set);
  fields.end();
  for (; !signers.at_end(); ++data.signers) {
    if (data.signers == 0)
      read_signer_info(signers.enter(tag::sequence), data);
    else
      signers.any();
  }
  data.digest_announced =
      data.digest && std::ranges::find(announced, data.digest) != announced.end();
}

}  // namespace

const asn1::Element* SignedData::single_value(const asn1::Oid& type) const {
  const Attribute* found = nullptr;
  for (const Attribute& attribute : attributes) {
    if (attribute.type != type) continue;
    if (found || attribute.values.size() != 1) return nullptr;
    found = &attribute;
  }
  return found ? found->values.data() : nullptr;
}

bool SignedData::has(const asn1::Oid& type) const {
  return std::ranges::find(attributes, type, &Attribute::type) != attributes.end();
}

Result<SignedData> read_signed_data(Bytes ber) {
  auto form = asn1::to_der(ber);
  if (!form) return std::unexpected(std::move(form).error());
  if (!std::ranges::all_of(ber.subspan(form->consumed), is_blank))
    return fail(Errc::malformed, Reason::message_unreadable, "something follows the message");
  SignedData data;
  data.der = std::make_shared<const Buffer>(std::move(form->der));
  asn1::Fault fault;
  asn1::Reader reader(*data.der, fault);
  asn1::Reader content_info = reader.enter(tag::sequence);
  if (content_info.oid() != oid::signed_data) fault.set("another content type");
  asn1::Reader content = content_info.enter(tag::context_constructed(0));
  content_info.end();
  read_fields(content.enter(tag::sequence), data);
  content.end();
  if (fault)
    return fail(Errc::malformed, Reason::message_unreadable,
                std::string("no SignedData: ") + fault.what());
  return data;
}

Status verify_signed_data(const crypto::Library& library, const SignedData& data,
                          const crypto::PublicKey& signer) {
  const auto wrong = [](const char* what) {
    return fail(Errc::bad_message_check, Reason::signature_invalid, what);
  };
  if (!data.digest || !data.algorithm) return wrong("an unknown algorithm");
  if (data.algorithm->digest != *data.digest) return wrong("signed with another digest than named");
  const asn1::Element* type = data.single_value(oid::content_type);
  if (!type || type->tag != tag::object_identifier ||
      !equal(type->content, data.content_type.content()))
    return wrong("contentType is not that of the content");
  const asn1::Element* digest = data.single_value(oid::message_digest);
  if (!digest || digest->tag != tag::octet_string ||
      !equal(digest->content, library->digest(*data.digest, data.content.value_or(Bytes{}))))
    return wrong("messageDigest is not that of the content");
  if (!signer.verify(*data.algorithm, data.attributes_der, data.signature))
    return wrong("the signature does not fit the signer's key");
  return {};
}

}  // namespace scep_ra::scep
