#pragma once

#include "crypto/csr.h"
#include "crypto/key.h"
#include "policy/template.h"
#include "scep-ra/error.h"

namespace scep_ra::policy {

// Judges every part of a request against a template: key kind and size, subject, SANs, requested
// extensions and attributes. What the template does not name is refused (threats-and-tests rule 4,
// A10, A11). Errc::denied, or Errc::bad_alg for the key; the detail names the field and its value.
Status judge_csr(const crypto::Csr&, const crypto::PublicKey&, const Template&);

// The template's KeyUsage bits that such a key can have: an EC key enciphers nothing (RFC 8813, 3).
std::uint16_t usable_key_usage(const crypto::PublicKey&, const Template&);

}  // namespace scep_ra::policy
