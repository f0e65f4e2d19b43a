#include "asn1/writer.h"
#include "crypto/certificate_writer.h"
#include "crypto/crl.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

Buffer number_element(std::uint64_t number) {
  Buffer octets;
  for (unsigned shift = 64; shift > 0; shift -= 8)
    octets.push_back(static_cast<std::uint8_t>(number >> (shift - 8)));
  return asn1::integer(Bytes(octets));
}

Buffer reason_extension(CrlReason reason) {
  const std::uint8_t number[] = {static_cast<std::uint8_t>(reason)};
  return other_extension(oid::crl_reason, false, asn1::element(tag::enumerated, Bytes(number)));
}

Buffer entry(const RevokedCertificate& revoked) {
  return asn1::sequence({asn1::integer(Bytes(revoked.serial)), asn1::time(revoked.at),
                         revoked.reason == CrlReason::unspecified
                             ? Buffer{}
                             : asn1::sequence({reason_extension(revoked.reason)})});
}

// An empty list is left out (RFC 5280, 5.1.2.6).
Buffer entries(const std::vector<RevokedCertificate>& revoked) {
  std::vector<Buffer> all;
  all.reserve(revoked.size());
  for (const RevokedCertificate& one : revoked) all.push_back(entry(one));
  return all.empty() ? Buffer{} : asn1::sequence_of(all);
}

}  // namespace

Result<Buffer> write_crl(const CrlContent& content, const PrivateKey& issuer_key) {
  const Buffer algorithm = signature_algorithm_element(issuer_key.public_key());
  const Buffer extensions =
      asn1::sequence({authority_key_identifier_extension(content.authority_key_identifier),
                      other_extension(oid::crl_number, false, number_element(content.number))});
  const Buffer tbs =
      asn1::sequence({asn1::integer(1U), algorithm, content.issuer, asn1::time(content.this_update),
                      asn1::time(content.next_update), entries(content.revoked),
                      asn1::element(tag::context_constructed(0), Bytes(extensions))});
  auto signature = issuer_key.sign(usual_digest(issuer_key.public_key()), tbs);
  if (!signature) return std::unexpected(std::move(signature).error());
  return asn1::sequence({tbs, algorithm, asn1::bits(*signature)});
}

}  // namespace scep_ra::crypto
