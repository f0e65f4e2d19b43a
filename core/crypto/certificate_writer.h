#pragma once

#include <string_view>
#include <vector>

#include "asn1/oid.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/key.h"

namespace scep_ra::crypto {

// What goes into a certificate (RFC 5280, 4.1). Whole elements: Names, public key, extensions.
struct CertificateContent {
  Buffer serial;  // positive number, big-endian
  Buffer issuer;
  Buffer subject;
  Buffer public_key_info;
  Time not_before;
  Time not_after;
  std::vector<Buffer> extensions;  // whole Extension elements, in order
};

// Signs it with SHA-256 (P-384: SHA-384, P-521: SHA-512). Any thread.
Result<Buffer> write_certificate(const CertificateContent&, const PrivateKey& issuer_key);

// Whole Extension elements.
Buffer basic_constraints_extension(bool ca, std::optional<unsigned> path_length);
Buffer key_usage_extension(std::uint16_t bits);
Buffer extended_key_usage_extension(const std::vector<asn1::Oid>&);
Buffer subject_key_identifier_extension(Bytes identifier);
Buffer authority_key_identifier_extension(Bytes identifier);
// One place where the CRL is, for all reasons (RFC 5280, 4.2.1.13).
Buffer crl_distribution_point_extension(std::string_view url);
Buffer other_extension(const asn1::Oid&, bool critical, Bytes value);

// SHA-1 of the subjectPublicKey bits (RFC 5280, 4.2.1.2, method 1).
Buffer key_identifier(const Library&, Bytes public_key_info);

// 159 bits from `random`, never zero, as a positive number of at most 20 octets.
Buffer random_serial(Random&);

// The algorithm element that write_certificate and write_csr use with that key.
Buffer signature_algorithm_element(const PublicKey&);
Digest usual_digest(const PublicKey&);

}  // namespace scep_ra::crypto
