#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::tool {

Result<crypto::PrivateKey> read_private_key(const crypto::Library&, const Path&);

// Every certificate of a file, PEM or one of DER.
Result<std::vector<crypto::Certificate>> read_certificates(const Path&);

std::string pem_of(const std::vector<crypto::Certificate>&);

// The certificate, the one that issued it, and so on up to a root, out of those known. Errc::denied
// when one between is missing, or is no CA.
Result<std::vector<crypto::Certificate>> chain_of(const crypto::Library&,
                                                  const crypto::Certificate& lowest,
                                                  const std::vector<crypto::Certificate>& known);

// Whose public key is that; empty: nobody's.
std::optional<crypto::Certificate> certificate_of(const std::vector<crypto::Certificate>&,
                                                  Bytes public_key_info);

// PKCS#10 of an issuing CA with path length 0, PEM.
Result<std::string> ca_request_pem(const crypto::Library&, Bytes subject,
                                   const crypto::PrivateKey&);

// The name of the next generation: `CN=Ex Issuing CA` becomes `CN=Ex Issuing CA G2`, then `G3`.
// Empty: the name has no CN, or there is no room.
std::optional<Buffer> next_generation_name(Bytes subject);

}  // namespace scep_ra::tool
