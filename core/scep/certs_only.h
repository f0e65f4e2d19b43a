#pragma once

#include <vector>

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::scep {

// Degenerate SignedData (RFC 8894, 3.4): no signers, no eContent, certificates in the given order
// (scep-requirements C15, C17, R13: OpenSSL's encoder would sort them).
Buffer write_certs_only(const std::vector<Bytes>& certificates);

// The same with one CRL and no certificate (scep-requirements P15, R15).
Buffer write_crl_only(Bytes crl);

// The certificates of one, in order. Errc::malformed.
Result<std::vector<crypto::Certificate>> read_certs_only(Bytes ber);

// The body of GetNextCACert (RFC 8894, 4.7.1): a list of the new certificates, RA certificates and
// then the CA and its chain, in SignedData by the current CA, without SCEP attributes
// (scep-requirements C31, C32).
Result<Buffer> write_next_ca_certificates(const crypto::Library&,
                                          const std::vector<Bytes>& certificates,
                                          const crypto::Certificate& current_ca,
                                          const crypto::PrivateKey& current_key);

}  // namespace scep_ra::scep
