#pragma once

#include "enrol/exchange.h"

namespace scep_ra::enrol {

// CertPoll (RFC 8894, 3.3.3): answered by transactionID and the key that signed the request
// (scep-requirements P2 to P6). The envelope's content is not asked for and the envelope never
// opened: what it holds proves nothing, and an answer that depended on it would be an oracle for
// captured ones (threats-and-tests C7).
Outcome answer_cert_poll(Exchange&, const scep::PkiMessage&);

}  // namespace scep_ra::enrol
