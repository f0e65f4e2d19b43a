#pragma once

#include "crypto/csr.h"
#include "events/event_catalogue.h"

namespace scep_ra::enrol {

// Subject and alternative names of a CSR, for the event that tells of it.
void describe(events::EventRecord&, const crypto::Csr&);

}  // namespace scep_ra::enrol
