#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::crypto {

// CRLReason (RFC 5280, 5.3.1); 7 is not used.
enum class CrlReason : std::uint8_t {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  certificate_hold = 6,
  remove_from_crl = 8,
  privilege_withdrawn = 9,
  aa_compromise = 10,
};
// RFC 5280's own words, "keyCompromise"; back from them in any letter case.
std::string_view word(CrlReason) noexcept;
std::optional<CrlReason> crl_reason_named(std::string_view) noexcept;
std::optional<CrlReason> crl_reason_of(unsigned number) noexcept;

struct RevokedCertificate {
  Buffer serial;  // positive number, big-endian
  Time at;
  CrlReason reason = CrlReason::unspecified;
};

// What goes into a CRL (RFC 5280, 5.1).
struct CrlContent {
  Buffer issuer;  // whole Name
  std::uint64_t number = 0;
  Time this_update;
  Time next_update;
  Buffer authority_key_identifier;
  std::vector<RevokedCertificate> revoked;
};

// DER of version 2, signed with the key's usual digest; an unspecified reason is left out (RFC
// 5280, 5.3.1). Any thread.
Result<Buffer> write_crl(const CrlContent&, const PrivateKey& issuer_key);

// A CRL as this program writes it, read with asn1; nothing about it is verified. The views point
// into `der`.
class Crl {
 public:
  // Exactly one complete CRL of version 2 with a number. Errc::bad_request, certificate_unreadable.
  static Result<Crl> decode(Bytes der);

  [[nodiscard]] Bytes der() const { return *der_; }
  [[nodiscard]] Bytes issuer() const { return issuer_; }  // whole Name element
  [[nodiscard]] Time this_update() const { return this_update_; }
  [[nodiscard]] Time next_update() const { return next_update_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const std::vector<RevokedCertificate>& revoked() const { return revoked_; }
  // Whether `issuer` has that name and its key made the signature.
  [[nodiscard]] bool is_issued_by(const Library&, const Certificate& issuer) const;

 private:
  void read(asn1::Reader& fields);
  std::shared_ptr<const Buffer> der_;
  Bytes tbs_, issuer_;
  Time this_update_, next_update_;
  std::uint64_t number_ = 0;
  std::vector<RevokedCertificate> revoked_;
};

}  // namespace scep_ra::crypto
