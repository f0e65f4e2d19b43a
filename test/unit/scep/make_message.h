#pragma once

#include "scep/make_envelope.h"

namespace scep_ra::test {

// One signed attribute: usually one value. Without values it is messageDigest, made when signing.
struct AttributeWish {
  std::string type;
  std::optional<std::vector<Node>> values = std::nullopt;
};

namespace attribute {
inline const std::string content_type = "1.2.840.113549.1.9.3";
inline const std::string message_digest = "1.2.840.113549.1.9.4";
inline const std::string message_type = "2.16.840.1.113733.1.9.2";
inline const std::string pki_status = "2.16.840.1.113733.1.9.3";
inline const std::string fail_info = "2.16.840.1.113733.1.9.4";
inline const std::string sender_nonce = "2.16.840.1.113733.1.9.5";
inline const std::string recipient_nonce = "2.16.840.1.113733.1.9.6";
inline const std::string transaction_id = "2.16.840.1.113733.1.9.7";
}  // namespace attribute

// A pkiMessage as a good client writes it; a test changes one thing and makes it again.
struct MessageWish {
  EnvelopeWish envelope;
  std::optional<Buffer> content = std::nullopt;  // instead of the envelope
  bool with_content = true;
  std::string type = "1.2.840.113549.1.7.2";
  std::string content_type = "1.2.840.113549.1.7.1";
  std::vector<AttributeWish> attributes;
  bool sorted = true;
  bool with_attributes = true;
  std::string digest = "SHA256";                        // what is done
  std::optional<Node> digest_algorithm = std::nullopt;  // what is said instead
  std::optional<Node> signature_algorithm =
      std::nullopt;  // instead of rsaEncryption or ecdsa-with-*
  std::optional<std::vector<Node>> announced = std::nullopt;  // instead of the digest's algorithm
  bool pss = false;
  Party signer = device();
  bool by_key_identifier = false;
  std::optional<Node> signer_identifier = std::nullopt;
  std::optional<std::vector<Buffer>> certificates = std::nullopt;  // instead of the signer's
  unsigned signers = 1;
  std::vector<AttributeWish> unsigned_attributes = {};
  std::function<void(Buffer&)> spoil_signature = nullptr;
  std::vector<Node> before_signers = {};  // crls
  Form form = Form::der;
  Buffer behind = {};

  AttributeWish& attribute(const std::string& attribute_type);  // the first of that type
  void without(const std::string& attribute_type);
};
MessageWish good_message();
Buffer make_message(const MessageWish&);

// What good_message() envelopes: a PKCS#10 by OpenSSL with password "A1B2C3D4".
const Buffer& request_in_messages();
inline const std::string transaction_of_messages = "0123456789ABCDEF";
Buffer nonce_of_messages();

}  // namespace scep_ra::test
