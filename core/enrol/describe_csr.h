#pragma once

#include <string>
#include <vector>

#include "crypto/csr.h"
#include "events/event_catalogue.h"

namespace scep_ra::enrol {

// The subjectAltName that a CSR asks for, as "dns:a.example"; what cannot be read is left out.
std::vector<std::string> alternative_names(const crypto::Csr&);

// Subject and alternative names of a CSR, for the event that tells of it.
void describe(events::EventRecord&, const crypto::Csr&);

}  // namespace scep_ra::enrol
