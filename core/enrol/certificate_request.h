#pragma once

#include "enrol/exchange.h"
#include "enrol/message_data.h"

namespace scep_ra::enrol {

// Steps 8 to 13 for a message that carries a verified CSR: known already, template, authorisation
// by password or by the certificate that signed it, rules, and what `carry_out` does. One path for
// everything that can issue (scep-requirements N6).
Outcome answer_certificate_request(Exchange&, const scep::PkiMessage&, const MessageData&);

}  // namespace scep_ra::enrol
