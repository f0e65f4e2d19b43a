#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "asn1/oid.h"
#include "asn1/reader.h"
#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace scep_ra::scep {

// One signed attribute: its type and the elements of its SET.
struct Attribute {
  asn1::Oid type;
  std::vector<asn1::Element> values;
};

// SignedData (RFC 5652, 5.1) with its SignerInfo, read but not verified. The views point into
// `der`; moves and copies keep them valid.
struct SignedData {
  std::shared_ptr<const Buffer> der;
  asn1::Oid content_type;
  std::optional<Bytes> content;                   // empty: no eContent
  std::vector<crypto::Certificate> certificates;  // as received, at most 16
  std::optional<std::size_t> signer_certificate;  // index of the one that SignerInfo names
  std::vector<Attribute> attributes;              // signed ones only (scep-requirements S11)
  Buffer attributes_der;                          // as a SET OF, in received order: what was signed
  std::optional<crypto::Digest> digest;           // empty: one we do not know
  std::optional<crypto::SignatureAlgorithm> algorithm;
  Bytes signature;
  std::size_t signers = 0;        // SignerInfos there were; the first was read
  bool digest_announced = false;  // digestAlgorithms lists `digest`

  // The only value of an attribute; empty when it is absent, doubled or has not one value.
  [[nodiscard]] const asn1::Element* single_value(const asn1::Oid&) const;
  [[nodiscard]] bool has(const asn1::Oid&) const;
};

// Reads a whole ContentInfo of BER and nothing but blanks behind it (scep-requirements T26): shape
// only, no cryptography (threats-and-tests rule 2). Whether signer and attributes are as SCEP asks
// is the caller's to judge, so that a FAILURE can still be addressed (F5). Errc::malformed.
Result<SignedData> read_signed_data(Bytes ber);

// Digest of the content against messageDigest, contentType against eContentType, signature over the
// attributes. Errc::bad_message_check. Proves possession of a key and nothing about who holds it.
Status verify_signed_data(const crypto::Library&, const SignedData&,
                          const crypto::PublicKey& signer);

// What a SignedData is made of; contentType and messageDigest are added to the attributes.
struct SignedDataContent {
  std::optional<Buffer> content;    // of type id-data; empty: no eContent
  std::vector<Buffer> attributes;   // whole Attribute elements
  std::vector<Bytes> certificates;  // in this order
};

// DER, one SignerInfo by issuerAndSerialNumber, signatureAlgorithm rsaEncryption with RSA keys
// (scep-requirements R1, R19, R20).
Result<Buffer> write_signed_data(const crypto::Library&, const SignedDataContent&,
                                 const crypto::Certificate& signer, const crypto::PrivateKey&,
                                 crypto::Digest);

Buffer attribute_element(const asn1::Oid& type, Bytes value_element);

}  // namespace scep_ra::scep
