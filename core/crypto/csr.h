#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asn1/name.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::crypto {

// One GeneralName of a subjectAltName (RFC 5280, 4.2.1.6). `value`: text of dns, email, uri and
// upn, dotted or colon form of an ip address; of an otherName we do not read its dotted type,
// else nothing.
struct GeneralName {
  enum class Kind : std::uint8_t { dns, email, uri, ip, upn, other };
  Kind kind = Kind::other;
  std::string value;
};
std::string_view word(GeneralName::Kind) noexcept;  // "dns", "email", "uri", "ip", "upn", "other"

// Reads the GeneralNames of an extnValue; at most 64. Empty when they cannot be read.
std::optional<std::vector<GeneralName>> read_general_names(Bytes extension_value);

// A PKCS#10 CertificationRequest (RFC 2986), read with asn1. Its octets hold the challengePassword:
// they live in a Secret. Copies share them.
class Csr {
 public:
  // Exactly one request and nothing behind it; limits of threats-and-tests section 2; an attribute
  // twice or with other than one value is refused. The signature is not verified yet. Version other
  // than 0 is tolerated (scep-requirements N2). Errc::bad_request, csr_invalid.
  static Result<Csr> decode(Bytes der);

  [[nodiscard]] Bytes der() const { return der_->reveal(); }
  [[nodiscard]] Bytes info() const {
    return info_;
  }  // CertificationRequestInfo, whole element: what was signed
  [[nodiscard]] Bytes subject() const { return subject_; }
  [[nodiscard]] const asn1::Name& subject_name() const { return name_; }
  [[nodiscard]] Bytes public_key_info() const { return public_key_info_; }
  [[nodiscard]] const std::optional<SignatureAlgorithm>& signature_algorithm() const {
    return algorithm_;
  }
  [[nodiscard]] Bytes signature() const { return signature_; }

  // Empty: no challengePassword, or an empty one (scep-requirements N11).
  [[nodiscard]] const Secret& challenge_password() const { return *password_; }
  // The requested extensions, of extensionRequest or Microsoft's CERT_EXTENSIONS; not both.
  [[nodiscard]] const std::vector<Extension>& extensions() const { return extensions_; }
  [[nodiscard]] const Extension* extension(const asn1::Oid&) const;
  // Types of the attributes that are neither a password nor extensions.
  [[nodiscard]] const std::vector<asn1::Oid>& other_attributes() const { return other_attributes_; }

 private:
  struct Attributes;  // reads them into a Csr
  std::shared_ptr<const Secret> der_;
  std::shared_ptr<const Secret> password_;
  Bytes info_, subject_, public_key_info_, signature_;
  asn1::Name name_;
  std::optional<SignatureAlgorithm> algorithm_;
  std::vector<Extension> extensions_;
  std::vector<asn1::Oid> other_attributes_;
};

// What a client asks for. `extensions`: whole Extension elements.
struct CsrContent {
  Buffer subject;
  std::vector<Buffer> extensions;
  Secret challenge_password;  // empty: no attribute
};

Result<Buffer> write_csr(const CsrContent&, const PrivateKey&);

// subjectAltName extension from "dns:a.example", "ip:192.0.2.1", "email:..", "uri:..", "upn:.."; a
// word without a kind is dns. Empty when one is none of these.
std::optional<Buffer> subject_alternative_name_extension(const std::vector<std::string>& names);

}  // namespace scep_ra::crypto
