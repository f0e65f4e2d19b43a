#pragma once

#include <optional>
#include <string>

#include "asn1/reader.h"
#include "crypto/algorithms.h"
#include "scep-ra/error.h"
#include "scep/algorithm_policy.h"

namespace scep_ra::scep {

// EncryptedContentInfo (RFC 5652, 6.1); the content type is not asked for (scep-requirements E7).
struct EncryptedContent {
  asn1::Oid cipher;
  std::optional<Bytes> iv;
  Buffer ciphertext;
};
EncryptedContent read_encrypted_content(asn1::Reader content_info);

// Allow-list and sizes (threats-and-tests C9). Errc::bad_alg or Errc::bad_message_check.
Result<crypto::Cipher> check_encrypted_content(const EncryptedContent&, const AlgorithmPolicy&);

// id-envelopedData with that RecipientInfo.
Buffer write_enveloped_data(std::uint32_t version, Bytes recipient_info, crypto::Cipher, Bytes iv,
                            Bytes ciphertext);

std::unexpected<Error> envelope_unreadable(const char* what);
std::unexpected<Error> envelope_not_allowed(std::string what);

}  // namespace scep_ra::scep
