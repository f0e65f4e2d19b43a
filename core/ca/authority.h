#pragma once

#include <string>

#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::ca {

// A certificate of an issuing CA and its key.
struct SigningAuthority {
  crypto::Certificate certificate;
  crypto::PrivateKey key;
};

// Whether it may issue: CA:TRUE, and keyCertSign where it has a key usage.
bool is_ca(const crypto::Certificate&);

// What goes into the authority key identifier of that CA's certificates and CRLs.
Buffer authority_identifier(const crypto::Library&, const crypto::Certificate& ca);

// The same in lower-case hex where a text says `{key}`.
std::string for_key(std::string text, const crypto::Library&, const crypto::Certificate& ca);

// SHA-256 of its SubjectPublicKeyInfo: what the store keeps a CA's certificates and CRL by.
Buffer authority_id(const crypto::Library&, const crypto::Certificate& ca);

}  // namespace scep_ra::ca
