#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "asn1/reader.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/library_context.h"
#include "scep-ra/error.h"

struct evp_pkey_st;

namespace scep_ra::crypto {

// How a signature was or is to be made, read from AlgorithmIdentifiers.
struct SignatureAlgorithm {
  KeyKind kind = KeyKind::rsa;
  Digest digest = Digest::sha256;
  Padding padding = Padding::pkcs1;
  unsigned salt_size = 0;  // of PSS
};

// Reads the next AlgorithmIdentifier as a digest, its parameters absent or NULL (scep-requirements
// M19). Another one gives nothing and no fault.
std::optional<Digest> read_digest_algorithm(asn1::Reader&);
// Likewise for MGF1 with a digest, as PSS and OAEP name it (RFC 4055, 2.2).
std::optional<Digest> read_mgf1_algorithm(asn1::Reader&);

// Reads the next AlgorithmIdentifier as a signature algorithm. `rsaEncryption` and `ecPublicKey`
// name no digest: then `digest` is taken (RFC 5652, SignerInfo). Unknown ones and odd PSS
// parameters give nothing and no fault.
std::optional<SignatureAlgorithm> read_signature_algorithm(asn1::Reader&,
                                                           std::optional<Digest> digest);

// A SubjectPublicKeyInfo that has passed the checks without which no arithmetic is done on a key
// (threats-and-tests C5): RSA of 512 to 4096 bits with an odd exponent from 3 to 2^32-1, EC on
// P-256, P-384 or P-521 by name, uncompressed. What is long enough to be certified is policy's to
// say. Immutable; any thread.
class PublicKey {
 public:
  // Errc::bad_alg with key_too_short or key_not_allowed; the octets are one whole element.
  static Result<PublicKey> decode(const Library&, Bytes subject_public_key_info);

  [[nodiscard]] KeyKind kind() const { return kind_; }
  [[nodiscard]] unsigned bits() const { return bits_; }
  [[nodiscard]] Bytes info() const { return info_; }  // the SubjectPublicKeyInfo as received

  [[nodiscard]] bool verify(const SignatureAlgorithm&, Bytes message, Bytes signature) const;
  // RSA only: encrypts a content key to this key.
  [[nodiscard]] Result<Buffer> encrypt(KeyTransport, const Secret&) const;

  [[nodiscard]] evp_pkey_st* get() const { return key_.get(); }

 private:
  PublicKey() = default;
  Library library_;
  std::shared_ptr<evp_pkey_st> key_;
  Buffer info_;
  KeyKind kind_ = KeyKind::rsa;
  unsigned bits_ = 0;
};

// Why anybody could factor an RSA key (threats-and-tests C11): it has a prime factor below 752, its
// primes come of CVE-2017-15361 (ROCA), or they are so close that 110 steps of Fermat's method part
// them (CVE-2022-26320); or it could not be examined. Empty: none of these, or an EC key. Takes
// 0.2 ms for 2048 bits.
[[nodiscard]] std::string_view weakness(const PublicKey&);

// Of an RSA key, big-endian, without leading zeros; empty for an EC key.
[[nodiscard]] Buffer modulus(const PublicKey&);

// A private key and its public half. Immutable; any thread.
class PrivateKey {
 public:
  // PKCS#8 or traditional PEM, unencrypted. Errc::config.
  static Result<PrivateKey> decode_pem(const Library&, std::string_view pem);
  // "rsa:2048" to "rsa:4096", "ec:P-256", "ec:P-384", "ec:P-521". Errc::config for other words.
  static Result<PrivateKey> generate(const Library&, std::string_view type);

  [[nodiscard]] Result<Secret> encode_pem() const;  // PKCS#8

  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }

  // With the key's usual padding: PKCS#1 v1.5 or ECDSA.
  [[nodiscard]] Result<Buffer> sign(Digest, Bytes message) const;

  // 32 octets that only the holder of this key can compute, another value for each purpose.
  [[nodiscard]] Result<Secret> derive(std::string_view purpose) const;

  // RSA only: the private operation alone, c^d mod n, as long as the modulus (RFC 8017, RSADP).
  // Errc::bad_message_check when the octets are no number below the modulus.
  [[nodiscard]] Result<Secret> raw_decrypt(Bytes ciphertext) const;

 private:
  PrivateKey(Library, std::shared_ptr<evp_pkey_st>, PublicKey);
  Library library_;
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace scep_ra::crypto
