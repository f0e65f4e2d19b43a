#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/certificate.h"
#include "crypto/library_context.h"

namespace scep_ra::tool {

// A fingerprint as an operator has it: SHA-256, SHA-1 or MD5 of a certificate, told by its length.
struct Fingerprint {
  crypto::Digest digest;
  Buffer octets;
};

// Hexadecimal digits in either case; blanks, colons and dashes between them do not count.
std::optional<Fingerprint> read_fingerprint(std::string_view);

bool matches(const crypto::Library&, const Fingerprint&, const crypto::Certificate&);

// "AB:CD:..", and the MD5 thumbprint in NDES's form: "89ABCDEF 01234567 ...".
std::string fingerprint_text(const crypto::Library&, crypto::Digest, const crypto::Certificate&);
std::string thumbprint_text(const crypto::Library&, const crypto::Certificate&);

}  // namespace scep_ra::tool
