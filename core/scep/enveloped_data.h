#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/content_cipher.h"
#include "crypto/key.h"
#include "crypto/key_unwrap.h"
#include "scep/algorithm_policy.h"

namespace scep_ra::scep {

// Someone a message may be enveloped to, with the key that opens it.
struct Recipient {
  crypto::Certificate certificate;
  crypto::KeyUnwrap key;
};

// EnvelopedData (RFC 5652, 6.1), narrowed to what one of our keys may open; nothing decrypted.
struct EnvelopedData {
  std::size_t recipient = 0;  // index among those asked for
  crypto::KeyTransport key_transport = crypto::KeyTransport::pkcs1;
  Buffer encrypted_key;
  crypto::Cipher cipher = crypto::Cipher::aes128_cbc;
  Buffer iv;
  Buffer ciphertext;
};

// Reads a whole ContentInfo of BER. Of 1 to 8 recipients exactly one names one of `ours` (by issuer
// and serial, or by subjectKeyIdentifier); only its key will ever be tried. Checks algorithms
// against the policy and the sizes of key, IV and ciphertext: before this no private-key operation
// happens, after it one (threats-and-tests C8, C9). Errc::bad_alg; Errc::bad_message_check for the
// rest.
Result<EnvelopedData> read_enveloped_data(Bytes ber, const std::vector<Recipient>& ours,
                                          const AlgorithmPolicy&);

// Errc::bad_message_check with one and the same detail, whatever was wrong (threats-and-tests C6,
// C7).
Result<Secret> open_enveloped_data(const crypto::Library&, const EnvelopedData&, const Recipient&);

// How an envelope is made.
struct EnvelopeAlgorithms {
  crypto::Cipher cipher = crypto::Cipher::aes128_cbc;
  crypto::KeyTransport key_transport = crypto::KeyTransport::pkcs1;
};

// DER; one KeyTransRecipientInfo by issuerAndSerialNumber of `recipient` (scep-requirements R12).
Result<Buffer> write_enveloped_data(const crypto::Library&, Bytes plaintext,
                                    const EnvelopeAlgorithms&, const crypto::Certificate& recipient,
                                    const crypto::PublicKey& recipient_key);

// DER; one PasswordRecipientInfo (RFC 5652, 6.2.4; scep-requirements E9): PBKDF2, and the content
// key wrapped as RFC 3211 asks; with AES of the content's key size, or AES-128.
Result<Buffer> write_enveloped_data(const crypto::Library&, Bytes plaintext, crypto::Cipher,
                                    Bytes password);

// The plaintext of such an envelope. Errc::bad_message_check.
Result<Secret> open_with_password(const crypto::Library&, Bytes ber, const AlgorithmPolicy&,
                                  Bytes password);

}  // namespace scep_ra::scep
