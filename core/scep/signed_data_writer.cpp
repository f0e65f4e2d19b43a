#include "asn1/writer.h"
#include "scep/signed_data.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

Buffer signature_algorithm(const crypto::PublicKey& key, crypto::Digest digest) {
  if (key.kind() == crypto::KeyKind::rsa) return asn1::algorithm(oid::rsa_encryption);
  switch (digest) {
    case crypto::Digest::md5:
    case crypto::Digest::sha1:
      return asn1::algorithm_without_parameters(oid::ecdsa_with_sha1);
    case crypto::Digest::sha256:
      return asn1::algorithm_without_parameters(oid::ecdsa_with_sha256);
    case crypto::Digest::sha384:
      return asn1::algorithm_without_parameters(oid::ecdsa_with_sha384);
    case crypto::Digest::sha512:
      return asn1::algorithm_without_parameters(oid::ecdsa_with_sha512);
  }
  return {};
}

Buffer encapsulated(const std::optional<Buffer>& content) {
  const Buffer wrapped =
      content ? asn1::element(tag::context_constructed(0), asn1::octets(*content)) : Buffer{};
  return asn1::sequence({asn1::oid_element(oid::data), wrapped});
}

Buffer certificate_set(const std::vector<Bytes>& certificates) {
  Buffer all;
  for (Bytes certificate : certificates) append(all, certificate);
  return all.empty() ? Buffer{} : asn1::element(tag::context_constructed(0), all);
}

}  // namespace

Buffer attribute_element(const asn1::Oid& type, Bytes value_element) {
  return asn1::sequence({asn1::oid_element(type), asn1::set_of({value_element})});
}

Result<Buffer> write_signed_data(const crypto::Library& library, const SignedDataContent& content,
                                 const crypto::Certificate& signer, const crypto::PrivateKey& key,
                                 crypto::Digest digest) {
  const Bytes signed_octets = content.content ? Bytes(*content.content) : Bytes{};
  std::vector<Buffer> attributes = content.attributes;
  attributes.push_back(attribute_element(oid::content_type, asn1::oid_element(oid::data)));
  attributes.push_back(
      attribute_element(oid::message_digest, asn1::octets(library->digest(digest, signed_octets))));
  Buffer attribute_set = asn1::set_of(std::move(attributes));
  auto signature = key.sign(digest, attribute_set);
  if (!signature) return std::unexpected(std::move(signature).error());
  attribute_set[0] = tag::context_constructed(0);

  const Buffer digest_algorithm = asn1::algorithm(crypto::oid_of(digest));
  const Buffer name =
      asn1::sequence({signer.issuer(), asn1::element(tag::integer, signer.serial())});
  const Buffer signer_info =
      asn1::sequence({asn1::integer(1U), name, digest_algorithm, attribute_set,
                      signature_algorithm(key.public_key(), digest), asn1::octets(*signature)});
  const Buffer signed_data = asn1::sequence(
      {asn1::integer(1U), asn1::set_of({digest_algorithm}), encapsulated(content.content),
       certificate_set(content.certificates), asn1::set_of({signer_info})});
  return asn1::sequence({asn1::oid_element(oid::signed_data),
                         asn1::element(tag::context_constructed(0), signed_data)});
}

}  // namespace scep_ra::scep
