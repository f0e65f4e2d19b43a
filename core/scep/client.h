#pragma once

#include <string>
#include <vector>

#include "scep/pki_message.h"

namespace scep_ra::scep {

// The client's side of the same messages, for `scep-ra enrol`, `doctor` and load tests.
struct RequestContent {
  MessageType type = MessageType::pkcs_req;
  TransactionId transaction_id;
  Nonce sender_nonce;
  Bytes message_data;  // PKCS#10, or IssuerAndSubject for a CertPoll
  crypto::Digest digest = crypto::Digest::sha256;
  crypto::Cipher cipher = crypto::Cipher::aes128_cbc;
};

// A pkiMessage to the RA's encryption certificate, signed by `signer` (self-signed at first).
Result<Buffer> write_request(const crypto::Library&, const RequestContent&,
                             const crypto::Certificate& ra_encryption,
                             const crypto::Certificate& signer,
                             const crypto::PrivateKey& signer_key);

struct CertRep {
  PkiStatus status = PkiStatus::failure;
  std::optional<FailInfo> fail_info;
  std::string fail_info_text;
  std::vector<crypto::Certificate> certificates;  // SUCCESS: as received, the leaf first
};

// Who sent a request: its answer opens with the key that signed it or, when that key cannot
// decrypt, with the challengePassword (scep-requirements E9).
struct Requester {
  const crypto::Certificate& signer;
  const crypto::PrivateKey& key;
  Bytes password;  // may be empty
};

// Reads and verifies an answer: signed by one of `ra_certificates`, to our transactionID and nonce.
// Errc::bad_message_check when it is not ours.
Result<CertRep> read_cert_rep(const crypto::Library&, Bytes ber,
                              const std::vector<crypto::Certificate>& ra_certificates,
                              const Requester&, const TransactionId&, const Nonce& sender_nonce);

// The content of a CertPoll: IssuerAndSubject (RFC 8894, 3.3.3), whole Names.
Buffer issuer_and_subject(Bytes issuer, Bytes subject);

}  // namespace scep_ra::scep
