#pragma once

#include <string>

#include "enrol/services.h"

namespace scep_ra::enrol {

// A pkiMessage from bytes to bytes (architecture section 4, steps 5 to 13). Any thread; blocks for
// store and CA.
Outcome answer_pki_message(const Services&, Bytes message, const std::string& client_address);

// Whether both RA certificates are valid at that time. Errc::unavailable, ra_certificate_expired.
Status ra_certificates_valid(const keys::KeyStore&, Time);

}  // namespace scep_ra::enrol
