#pragma once

#include <chrono>

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

// What the pkcsPKIEnvelope of a request for a certificate held.
struct MessageData {
  scep::EnvelopedData envelope;
  VerifiedCsr csr;
};

// From decryption on every failure is told at the same moment, later than any check takes.
class SameTime {
 public:
  SameTime();
  void wait() const;

 private:
  std::chrono::steady_clock::time_point until_;
};

// The envelope of a message, its shape and algorithms judged before any private-key operation.
Result<scep::EnvelopedData> read_envelope(const Services&, const scep::PkiMessage&);
// One private-key operation. The caller gives every failure one answer, after `SameTime`.
Result<Secret> open_envelope(const Services&, const scep::EnvelopedData&);

// Step 7: opens the envelope and verifies the CSR's signature. From the first private-key operation
// on every failure is one and the same Error after the same time, whatever it was (threats rule 3,
// C6, C7; scep-requirements E12, M22, N2).
Result<MessageData> open_message_data(const Services&, const scep::PkiMessage&);

}  // namespace scep_ra::enrol
