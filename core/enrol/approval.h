#pragma once

#include <string>

#include "crypto/csr.h"
#include "enrol/services.h"

namespace scep_ra::enrol {

// What an operator decides on requests that wait for approval. `user`: as in the event, "os:NAME"
// or the login of the admin face. Errc::denied, transaction_unknown when no request of that id
// waits or somebody else decides on it now.

struct WaitingCsr {
  store::WaitingRequest request;
  crypto::Csr csr;
};
// The request as it was received.
Result<WaitingCsr> waiting_csr(const Services&, const std::string& id);

// Judges the request anew, by the template as it is now, and has it certified; its device gets the
// certificate with its next poll. When the CA does not certify, it waits on.
Result<crypto::Certificate> approve_request(const Services&, const std::string& id,
                                            const std::string& user);

Status deny_request(const Services&, const std::string& id, const std::string& user);

}  // namespace scep_ra::enrol
