#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "openssl.h"
#include "scep/make_der.h"

namespace scep_ra::test {

// Someone with a certificate. Borrowed; made once a process.
struct Party {
  X509* certificate;
  EVP_PKEY* key;
};
const Party& ra_encryption();  // issued by a CA, RSA 2048
const Party& ra_signing();     // likewise
const Party& device();         // self-signed, RSA 2048
const Party& another_device();
const Party& ec_device();  // self-signed, P-256
Buffer certificate_of(const Party&);

// One RecipientInfo.
struct RecipientWish {
  const Party* party = &ra_encryption();
  bool by_key_identifier = false;
  const char* oaep_digest = nullptr;                   // null: PKCS#1 v1.5
  std::optional<Node> identifier = std::nullopt;       // instead of issuer and serial
  std::optional<Node> key_algorithm = std::nullopt;    // instead of what is done
  std::optional<Buffer> encrypted_key = std::nullopt;  // instead of the encrypted content key
  std::optional<Node> whole = std::nullopt;            // instead of a KeyTransRecipientInfo
};

// An EnvelopedData as a good client writes it; a test changes one thing.
struct EnvelopeWish {
  Buffer plaintext;
  std::string type = "1.2.840.113549.1.7.3";
  long version = 0;
  std::vector<RecipientWish> recipients = {{}};
  std::string content_type = "1.2.840.113549.1.7.1";
  std::string cipher = "AES-128-CBC";                    // OpenSSL's name: what is done
  std::optional<std::string> cipher_oid = std::nullopt;  // what is said instead
  std::optional<std::vector<Node>> cipher_parameters = std::nullopt;  // instead of the IV
  std::optional<Buffer> content_key = std::nullopt;  // what is enveloped as the key
  std::function<void(Buffer&)> spoil_ciphertext = nullptr;
  std::optional<Node> ciphertext = std::nullopt;  // instead of [0] OCTET STRING
  bool with_ciphertext = true;
  std::vector<Node> behind = {};  // unprotectedAttrs and what else follows
  Form form = Form::der;
};
Buffer make_envelope(const EnvelopeWish&);
Buffer make_envelope_fields(const EnvelopeWish&);  // EnvelopedData without its ContentInfo

// With the cipher's usual padding.
Buffer encrypted_content(const EVP_CIPHER*, Bytes key, Bytes iv, Bytes plain);

// IssuerAndSerialNumber of a certificate.
Node issuer_and_serial(X509*);

}  // namespace scep_ra::test
