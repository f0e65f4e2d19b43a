#pragma once

#include "base/secret.h"
#include "crypto/csr.h"
#include "enrol/services.h"
#include "scep/pki_message.h"

namespace scep_ra::enrol {

// A CSR whose own signature was verified, and its key.
struct VerifiedCsr {
  crypto::Csr csr;
  crypto::PublicKey key;
};

// What a pkcsPKIEnvelope held: a CSR with 17 and 19, else a query that could be read.
struct MessageData {
  scep::EnvelopedData envelope;
  std::optional<VerifiedCsr> csr;
};

// Step 7: opens the envelope, fits the content to the messageType and verifies the CSR's signature.
// From the first private-key operation on every failure is one and the same Error, whatever it was
// (threats rule 3, C6, C7; scep-requirements E12, M22, N2).
Result<MessageData> open_message_data(const Services&, const scep::PkiMessage&);

}  // namespace scep_ra::enrol
