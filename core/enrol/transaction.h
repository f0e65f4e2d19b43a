#pragma once

#include <optional>

#include "enrol/exchange.h"
#include "enrol/message_data.h"
#include "policy/approved_request.h"

namespace scep_ra::enrol {

// A verified request for a certificate, and what identifies it in the store.
struct CertificateRequest {
  const scep::PkiMessage& message;
  const MessageData& data;
  store::RequestKey key;
};

// Step 8: the answer to a request that is known already; empty: it is new.
std::optional<Outcome> answer_if_known(Exchange&, const CertificateRequest&);

// Steps 11 to 13: spends its authorisation and claims it, in one commit, then has it certified or
// lets it wait for an operator, records that and answers.
Outcome carry_out(Exchange&, const CertificateRequest&, const policy::ApprovedRequest&);

// Asks the CA for a claimed request. Errc::denied, ca_denied when it refuses or certifies another
// key.
Result<crypto::Certificate> certify(Exchange&, const policy::ApprovedRequest&);

enum class SealedCsr : bool { forget, keep };

// Step 12: certificate and event certificate-issued in one durable commit, then told. The errors
// are those of `TransactionStore::record_issue`.
Result<Event> record_issue(Exchange&, const store::RequestKey&, const policy::ApprovedRequest&,
                           const crypto::Certificate&, SealedCsr);

}  // namespace scep_ra::enrol
