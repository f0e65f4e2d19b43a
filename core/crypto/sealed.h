#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/library_context.h"

namespace scep_ra::crypto {

// Octets that leave the process and come back, for the store: AES-256-CBC, then HMAC-SHA-256 over
// IV, ciphertext and `bound_to`, each under a key of its own derived from `key`. `bound_to` is not
// kept: who unseals must name it again, so that a sealed value cannot be moved to another row.
Result<Buffer> seal(const Library&, const Secret& key, Bytes bound_to, Bytes plaintext);
// Errc::internal, internal_error when it was sealed otherwise or altered.
Result<Secret> unseal(const Library&, const Secret& key, Bytes bound_to, Bytes sealed);

}  // namespace scep_ra::crypto
