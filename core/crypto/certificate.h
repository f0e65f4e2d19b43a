#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asn1/name.h"
#include "asn1/oid.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/library_context.h"
#include "scep-ra/error.h"

namespace scep_ra::crypto {

struct Extension {
  asn1::Oid type;
  bool critical = false;
  Bytes value;  // content of extnValue
};

// Bits of the keyUsage extension (RFC 5280, 4.2.1.3), bit 0 lowest.
enum KeyUsage : std::uint16_t {
  digital_signature = 1U << 0,
  non_repudiation = 1U << 1,
  key_encipherment = 1U << 2,
  data_encipherment = 1U << 3,
  key_agreement = 1U << 4,
  key_cert_sign = 1U << 5,
  crl_sign = 1U << 6,
  encipher_only = 1U << 7,
  decipher_only = 1U << 8,
};

// One X.509 certificate, read with asn1; nothing about it is verified. The views point into `der`.
// Moves keep them valid, copies share the octets.
class Certificate {
 public:
  // Exactly one certificate of DER and nothing behind it. Tolerates what devices put into
  // self-signed ones: version 1, odd serial numbers, unknown critical extensions (scep-requirements
  // M18). Errc::bad_request, certificate_unreadable.
  static Result<Certificate> decode(Bytes der);

  [[nodiscard]] Bytes der() const { return *der_; }
  [[nodiscard]] Bytes tbs() const { return tbs_; }
  [[nodiscard]] Bytes serial() const { return serial_; }  // content octets of the INTEGER
  [[nodiscard]] std::string serial_text() const;  // lower-case hex without leading zero octets
  [[nodiscard]] Bytes issuer() const { return issuer_; }    // whole Name element
  [[nodiscard]] Bytes subject() const { return subject_; }  // whole Name element
  [[nodiscard]] std::string subject_text() const;           // see asn1::name_text
  [[nodiscard]] Bytes public_key_info() const { return public_key_info_; }
  [[nodiscard]] Time not_before() const { return not_before_; }
  [[nodiscard]] Time not_after() const { return not_after_; }
  [[nodiscard]] const std::vector<Extension>& extensions() const { return extensions_; }
  [[nodiscard]] const Extension* extension(const asn1::Oid&) const;
  [[nodiscard]] std::optional<std::uint16_t> key_usage()
      const;  // KeyUsage bits; empty: no such extension
  [[nodiscard]] std::optional<Bytes> subject_key_identifier() const;
  [[nodiscard]] bool is_self_issued() const { return equal(issuer_, subject_); }

 private:
  std::shared_ptr<const Buffer> der_;
  Bytes tbs_, serial_, issuer_, subject_, public_key_info_;
  Time not_before_, not_after_;
  std::vector<Extension> extensions_;
};

// IssuerAndSerialNumber (RFC 5652, 10.2.4): read once, compared with any number of certificates.
// Borrows the octets it was read from.
class IssuerAndSerial {
 public:
  // From the content of its SEQUENCE. A fault unless it is an issuer and a serial number.
  static IssuerAndSerial read(asn1::Reader& fields);

  [[nodiscard]] std::string serial_text() const;  // as Certificate::serial_text

  // Names are compared as names (scep-requirements E8), the serial octet by octet.
  [[nodiscard]] bool names(const Certificate&) const;

 private:
  Bytes issuer_;
  Bytes serial_;
  asn1::Name issuer_name_;  // empty when it is no name that we can read
};

// Whether the signer's key made the signature of SEQUENCE { tbs, algorithm, signature }, as a
// certificate and a CRL are.
bool is_signed_by(const Library&, Bytes signed_element, const Certificate& signer);

// Whether `issuer` has that name and its key made the signature (RFC 5280, 4.1.1).
bool is_issued_by(const Library&, const Certificate&, const Certificate& issuer);

// Every certificate of a PEM file. Errc::config when there is none or one is unreadable.
Result<std::vector<Certificate>> decode_pem_certificates(std::string_view pem);

// Reads `Extensions` (a SEQUENCE OF Extension) that comes next; at most 32, no type twice.
std::vector<Extension> read_extensions(asn1::Reader&);

// KeyUsage bits of an extnValue; empty when it is none.
std::optional<std::uint16_t> read_key_usage(Bytes extension_value);
// ExtendedKeyUsage of an extnValue; empty when it is none.
std::optional<std::vector<asn1::Oid>> read_extended_key_usage(Bytes extension_value);

}  // namespace scep_ra::crypto
