#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::tool {

struct CertifiedKey {
  crypto::Certificate certificate;
  crypto::PrivateKey key;
};

// An embedded CA and its RA: the root, the issuing CA under it (path length 0), the two RA pairs.
struct Authority {
  CertifiedKey root, issuing, ra_signing, ra_encryption;
};

struct AuthorityContent {
  Buffer root_subject, issuing_subject, ra_subject;  // whole Names
  std::string root_key, issuing_key;                 // "rsa:3072", "ec:P-384"
  std::string ra_signing_key, ra_encryption_key;
  std::string crl_url{};  // as in ca::LocalCaRules
};

Result<Authority> make_authority(const crypto::Library&, const Clock&, const AuthorityContent&);

// DER of a Name out of keyword and value; what is empty is left out.
std::optional<Buffer> make_name(const std::vector<std::pair<std::string, std::string>>&);

}  // namespace scep_ra::tool
