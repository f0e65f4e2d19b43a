#include "crypto/certificate_writer.h"

#include <bit>

#include "asn1/reader.h"
#include "asn1/writer.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

const asn1::Oid& signature_oid(const PublicKey& key) {
  const Digest digest = usual_digest(key);
  if (key.kind() == KeyKind::rsa) return oid::sha256_with_rsa;
  if (digest == Digest::sha512) return oid::ecdsa_with_sha512;
  return digest == Digest::sha384 ? oid::ecdsa_with_sha384 : oid::ecdsa_with_sha256;
}

}  // namespace

Digest usual_digest(const PublicKey& key) {
  if (key.kind() == KeyKind::rsa || key.bits() == 256) return Digest::sha256;
  return key.bits() == 384 ? Digest::sha384 : Digest::sha512;
}

Buffer signature_algorithm_element(const PublicKey& key) {
  // RFC 4055: NULL with RSA; RFC 5758: no parameters with ECDSA.
  return key.kind() == KeyKind::rsa ? asn1::algorithm(signature_oid(key))
                                    : asn1::algorithm_without_parameters(signature_oid(key));
}

Result<Buffer> write_certificate(const CertificateContent& content, const PrivateKey& issuer_key) {
  const Buffer algorithm = signature_algorithm_element(issuer_key.public_key());
  const Buffer version_3 = asn1::element(tag::context_constructed(0), asn1::integer(2));
  const Buffer tbs = asn1::sequence(
      {version_3, asn1::integer(Bytes(content.serial)), algorithm, content.issuer,
       asn1::sequence({asn1::time(content.not_before), asn1::time(content.not_after)}),
       content.subject, content.public_key_info,
       asn1::element(tag::context_constructed(3), asn1::sequence_of(content.extensions))});
  auto signature = issuer_key.sign(usual_digest(issuer_key.public_key()), tbs);
  if (!signature) return std::unexpected(std::move(signature).error());
  return asn1::sequence({tbs, algorithm, asn1::bits(*signature)});
}

Buffer other_extension(const asn1::Oid& type, bool critical, Bytes value) {
  return asn1::sequence(
      {asn1::oid_element(type), critical ? asn1::boolean_true() : Buffer{}, asn1::octets(value)});
}

Buffer basic_constraints_extension(bool ca, std::optional<unsigned> path_length) {
  const Buffer value = asn1::sequence(
      {ca ? asn1::boolean_true() : Buffer{}, path_length ? asn1::integer(*path_length) : Buffer{}});
  return other_extension(oid::basic_constraints, true, value);
}

Buffer key_usage_extension(std::uint16_t bits) {
  // A named bit list: bit 0 first, no zero bits at its end (X.690, 11.2.2).
  Buffer octets;
  for (unsigned bit = 0; bit < 9; ++bit) {
    if (!(bits & (1U << bit))) continue;
    octets.resize(bit / 8 + 1);
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | 0x80U >> (bit % 8));
  }
  const unsigned unused =
      octets.empty() ? 0 : static_cast<unsigned>(std::countr_zero(octets.back()));
  return other_extension(oid::key_usage, true, asn1::bits(octets, unused));
}

Buffer extended_key_usage_extension(const std::vector<asn1::Oid>& usages) {
  std::vector<Buffer> elements;
  elements.reserve(usages.size());
  for (const asn1::Oid& usage : usages) elements.push_back(asn1::oid_element(usage));
  return other_extension(oid::extended_key_usage, false, asn1::sequence_of(elements));
}

Buffer subject_key_identifier_extension(Bytes identifier) {
  return other_extension(oid::subject_key_identifier, false, asn1::octets(identifier));
}

Buffer authority_key_identifier_extension(Bytes identifier) {
  return other_extension(oid::authority_key_identifier, false,
                         asn1::sequence({asn1::element(tag::context(0), identifier)}));
}

// CRLDistributionPoints ::= SEQUENCE OF { distributionPoint [0] { fullName [0] GeneralNames } }
Buffer crl_distribution_point_extension(std::string_view url) {
  const Buffer uniform_resource_identifier = asn1::element(tag::context(6), as_bytes(url));
  const Buffer full_name =
      asn1::element(tag::context_constructed(0), Bytes(uniform_resource_identifier));
  const Buffer point =
      asn1::sequence({asn1::element(tag::context_constructed(0), Bytes(full_name))});
  return other_extension(oid::crl_distribution_points, false, asn1::sequence({point}));
}

Buffer key_identifier(const Library& library, Bytes public_key_info) {
  asn1::Fault fault;
  asn1::Reader reader(public_key_info, fault);
  asn1::Reader info = reader.enter(tag::sequence);
  info.take(tag::sequence);
  return library->digest(Digest::sha1, info.bits());
}

Buffer random_serial(Random& random) {
  Buffer serial = random.bytes(20);
  serial[0] &= 0x7f;
  // The top octet is never zero, so that every serial has the same length: no number to guess.
  if (serial[0] == 0) serial[0] = 1;
  return serial;
}

}  // namespace scep_ra::crypto
