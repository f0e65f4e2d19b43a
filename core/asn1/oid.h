#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace scep_ra::asn1 {

// An OBJECT IDENTIFIER as its content octets, at most 64 of them (threats-and-tests section 2).
class Oid {
 public:
  static constexpr std::size_t maximum = 64;

  constexpr Oid() = default;

  // Content octets as read; empty when they are no OBJECT IDENTIFIER or longer than `maximum`.
  static std::optional<Oid> from_content(Bytes);

  // Dotted text such as "2.5.4.3"; empty when it is none.
  static constexpr std::optional<Oid> from_dotted(std::string_view dotted) {
    Oid oid;
    std::uint64_t first = 0;
    for (unsigned position = 0; !dotted.empty(); ++position) {
      const auto dot = dotted.find('.');
      const auto arc = number(dotted.substr(0, dot));
      if (!arc || (dot != dotted.npos && dot + 1 == dotted.size())) return std::nullopt;
      dotted = dot == dotted.npos ? std::string_view{} : dotted.substr(dot + 1);
      if (position == 0) first = *arc;
      if (position == 1 && (first > 2 || (first < 2 && *arc > 39))) return std::nullopt;
      if (position > 0 && !oid.put(position == 1 ? first * 40 + *arc : *arc)) return std::nullopt;
    }
    return oid.empty() ? std::nullopt : std::optional<Oid>(oid);
  }

  [[nodiscard]] constexpr Bytes content() const { return {octets_.data(), size_}; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string dotted() const;

  friend bool operator==(const Oid& a, const Oid& b) { return equal(a.content(), b.content()); }

 private:
  static constexpr std::optional<std::uint64_t> number(std::string_view digits) {
    if (digits.empty() || digits.size() > 18) return std::nullopt;
    std::uint64_t value = 0;
    for (char digit : digits) {
      if (digit < '0' || digit > '9') return std::nullopt;
      value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return value;
  }

  constexpr bool put(std::uint64_t arc) {
    unsigned groups = 1;
    while (groups < 9 && (arc >> (7 * groups)) != 0) ++groups;
    if (size_ + groups > maximum) return false;
    while (groups-- > 0)
      octets_[size_++] =
          static_cast<std::uint8_t>(((arc >> (7 * groups)) & 0x7f) | (groups ? 0x80U : 0U));
    return true;
  }

  std::array<std::uint8_t, maximum> octets_{};
  std::uint8_t size_ = 0;
};

namespace oid {

consteval Oid fixed(std::string_view dotted) {
  return Oid::from_dotted(dotted).value();
}

// CMS (RFC 5652) and SCEP (RFC 8894, 3.2.1; scep-requirements section 3)
inline constexpr Oid data = fixed("1.2.840.113549.1.7.1");
inline constexpr Oid signed_data = fixed("1.2.840.113549.1.7.2");
inline constexpr Oid enveloped_data = fixed("1.2.840.113549.1.7.3");
inline constexpr Oid content_type = fixed("1.2.840.113549.1.9.3");
inline constexpr Oid message_digest = fixed("1.2.840.113549.1.9.4");
inline constexpr Oid message_type = fixed("2.16.840.1.113733.1.9.2");
inline constexpr Oid pki_status = fixed("2.16.840.1.113733.1.9.3");
inline constexpr Oid fail_info = fixed("2.16.840.1.113733.1.9.4");
inline constexpr Oid sender_nonce = fixed("2.16.840.1.113733.1.9.5");
inline constexpr Oid recipient_nonce = fixed("2.16.840.1.113733.1.9.6");
inline constexpr Oid transaction_id = fixed("2.16.840.1.113733.1.9.7");
inline constexpr Oid fail_info_text = fixed("1.3.6.1.5.5.7.24.1");
inline constexpr Oid microsoft_scep_error = fixed("1.3.6.1.4.1.311.21.33");

// keys, key transport, signatures
inline constexpr Oid rsa_encryption = fixed("1.2.840.113549.1.1.1");
inline constexpr Oid rsaes_oaep = fixed("1.2.840.113549.1.1.7");
inline constexpr Oid pbkdf2 = fixed("1.2.840.113549.1.5.12");
inline constexpr Oid hmac_with_sha256 = fixed("1.2.840.113549.2.9");
inline constexpr Oid pwri_kek = fixed("1.2.840.113549.1.9.16.3.9");
inline constexpr Oid mgf1 = fixed("1.2.840.113549.1.1.8");
inline constexpr Oid p_specified = fixed("1.2.840.113549.1.1.9");
inline constexpr Oid rsassa_pss = fixed("1.2.840.113549.1.1.10");
inline constexpr Oid md5_with_rsa = fixed("1.2.840.113549.1.1.4");
inline constexpr Oid sha1_with_rsa = fixed("1.2.840.113549.1.1.5");
inline constexpr Oid sha256_with_rsa = fixed("1.2.840.113549.1.1.11");
inline constexpr Oid sha384_with_rsa = fixed("1.2.840.113549.1.1.12");
inline constexpr Oid sha512_with_rsa = fixed("1.2.840.113549.1.1.13");
inline constexpr Oid ec_public_key = fixed("1.2.840.10045.2.1");
inline constexpr Oid p256 = fixed("1.2.840.10045.3.1.7");
inline constexpr Oid p384 = fixed("1.3.132.0.34");
inline constexpr Oid p521 = fixed("1.3.132.0.35");
inline constexpr Oid ecdsa_with_sha1 = fixed("1.2.840.10045.4.1");
inline constexpr Oid ecdsa_with_sha256 = fixed("1.2.840.10045.4.3.2");
inline constexpr Oid ecdsa_with_sha384 = fixed("1.2.840.10045.4.3.3");
inline constexpr Oid ecdsa_with_sha512 = fixed("1.2.840.10045.4.3.4");

// digests and content ciphers
inline constexpr Oid md5 = fixed("1.2.840.113549.2.5");
inline constexpr Oid sha1 = fixed("1.3.14.3.2.26");
inline constexpr Oid sha256 = fixed("2.16.840.1.101.3.4.2.1");
inline constexpr Oid sha384 = fixed("2.16.840.1.101.3.4.2.2");
inline constexpr Oid sha512 = fixed("2.16.840.1.101.3.4.2.3");
inline constexpr Oid des_cbc = fixed("1.3.14.3.2.7");
inline constexpr Oid des_ede3_cbc = fixed("1.2.840.113549.3.7");
inline constexpr Oid aes128_cbc = fixed("2.16.840.1.101.3.4.1.2");
inline constexpr Oid aes192_cbc = fixed("2.16.840.1.101.3.4.1.22");
inline constexpr Oid aes256_cbc = fixed("2.16.840.1.101.3.4.1.42");

// PKCS#10 attributes
inline constexpr Oid challenge_password = fixed("1.2.840.113549.1.9.7");
inline constexpr Oid extension_request = fixed("1.2.840.113549.1.9.14");
inline constexpr Oid verisign_extensions = fixed("2.16.840.1.113733.1.9.8");
inline constexpr Oid microsoft_extensions = fixed("1.3.6.1.4.1.311.2.1.14");
inline constexpr Oid microsoft_os_version = fixed("1.3.6.1.4.1.311.13.2.3");
inline constexpr Oid microsoft_client_info = fixed("1.3.6.1.4.1.311.21.20");
inline constexpr Oid microsoft_csp = fixed("1.3.6.1.4.1.311.13.2.2");

// extensions of certificates and CRLs (RFC 5280, 4.2, 5.2, 5.3)
inline constexpr Oid subject_key_identifier = fixed("2.5.29.14");
inline constexpr Oid key_usage = fixed("2.5.29.15");
inline constexpr Oid subject_alternative_name = fixed("2.5.29.17");
inline constexpr Oid basic_constraints = fixed("2.5.29.19");
inline constexpr Oid crl_number = fixed("2.5.29.20");
inline constexpr Oid crl_reason = fixed("2.5.29.21");
inline constexpr Oid crl_distribution_points = fixed("2.5.29.31");
inline constexpr Oid authority_key_identifier = fixed("2.5.29.35");
inline constexpr Oid extended_key_usage = fixed("2.5.29.37");
inline constexpr Oid microsoft_user_principal_name = fixed("1.3.6.1.4.1.311.20.2.3");

// extended key usages
inline constexpr Oid server_auth = fixed("1.3.6.1.5.5.7.3.1");
inline constexpr Oid client_auth = fixed("1.3.6.1.5.5.7.3.2");
inline constexpr Oid code_signing = fixed("1.3.6.1.5.5.7.3.3");
inline constexpr Oid email_protection = fixed("1.3.6.1.5.5.7.3.4");
inline constexpr Oid ipsec_intermediate = fixed("1.3.6.1.5.5.8.2.2");
inline constexpr Oid ipsec_ike = fixed("1.3.6.1.5.5.7.3.17");
inline constexpr Oid exchange_enrollment_agent = fixed("1.3.6.1.4.1.311.20.2.1");

// names (RFC 4519, RFC 2985)
inline constexpr Oid common_name = fixed("2.5.4.3");
inline constexpr Oid surname = fixed("2.5.4.4");
inline constexpr Oid serial_number = fixed("2.5.4.5");
inline constexpr Oid country = fixed("2.5.4.6");
inline constexpr Oid locality = fixed("2.5.4.7");
inline constexpr Oid state = fixed("2.5.4.8");
inline constexpr Oid street = fixed("2.5.4.9");
inline constexpr Oid organization = fixed("2.5.4.10");
inline constexpr Oid organizational_unit = fixed("2.5.4.11");
inline constexpr Oid title = fixed("2.5.4.12");
inline constexpr Oid given_name = fixed("2.5.4.42");
inline constexpr Oid dn_qualifier = fixed("2.5.4.46");
inline constexpr Oid email_address = fixed("1.2.840.113549.1.9.1");
inline constexpr Oid unstructured_name = fixed("1.2.840.113549.1.9.2");
inline constexpr Oid unstructured_address = fixed("1.2.840.113549.1.9.8");
inline constexpr Oid domain_component = fixed("0.9.2342.19200300.100.1.25");
inline constexpr Oid user_id = fixed("0.9.2342.19200300.100.1.1");

}  // namespace oid

}  // namespace scep_ra::asn1
