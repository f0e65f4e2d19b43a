#pragma once

#include <cstdint>
#include <string_view>

namespace scep_ra::scep {

// What a CertRep without an envelope carries as content (scep-requirements R10). Not absent, as one
// could read RFC 8894, 3.2: certmonger cannot verify such an answer and takes it for none.
enum class EmptyContent : std::uint8_t { zero_length, one_zero_octet };

// RFC 8894 and NDES on the wire: one field a difference, nothing else in the core asks which it is.
struct Profile {
  std::string_view name;
  bool advertises_aes;  // AES, SCEPStandard and SHA-384 in GetCACaps
  EmptyContent empty_content;
  bool microsoft_error_attribute;  // 1.3.6.1.4.1.311.21.33 with the HRESULT in a FAILURE
  bool answers_queries;            // GetCert and GetCRL (P13, P15)
  bool includes_ra_certificate;    // the signer's certificate in the CertRep (R17)
};

const Profile& rfc8894_profile() noexcept;
const Profile& ndes_profile() noexcept;

}  // namespace scep_ra::scep
