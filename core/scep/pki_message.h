#pragma once

#include <optional>
#include <string>

#include "crypto/csr.h"
#include "scep/algorithm_policy.h"
#include "scep/enveloped_data.h"
#include "scep/message_types.h"
#include "scep/signed_data.h"

namespace scep_ra::scep {

// What a CertRep must echo: enough to address a FAILURE even when the rest is unreadable.
struct Correspondence {
  TransactionId transaction_id;
  std::optional<Nonce> sender_nonce;     // empty: the request had none
  std::optional<crypto::Digest> digest;  // of the request; empty: unknown
};

// A request whose shape, algorithms and signature are good; still enveloped.
struct PkiMessage {
  Correspondence correspondence;
  MessageType type;
  SignedData signed_data;
  crypto::PublicKey signer_key;

  [[nodiscard]] const crypto::Certificate& signer() const {
    return signed_data.certificates[*signed_data.signer_certificate];
  }
};

// A refusal; without `correspondence` no CertRep can be made: HTTP 400 (scep-requirements T24, F5).
struct MessageFlaw {
  Error error;
  std::optional<Correspondence> correspondence;
  std::string message_type;  // as sent, for the event; may be empty
};

// Steps 5 and 6 of a request, in the order of scep-requirements F7: bounded walk, signed
// attributes, algorithm policy, signature. Type dispatch is an allow-list: what has no enumerator
// of MessageType, and CertRep, is refused (M9).
std::expected<PkiMessage, MessageFlaw> read_pki_message(const crypto::Library&, Bytes ber,
                                                        const AlgorithmPolicy&);

}  // namespace scep_ra::scep
