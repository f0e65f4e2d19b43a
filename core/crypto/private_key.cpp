#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdlib>

#include "crypto/key.h"
#include "crypto/library_handles.h"

namespace scep_ra::crypto {
namespace {

using BioPtr = Owned<BIO, BIO_free_all>;
using EncoderPtr = Owned<OSSL_ENCODER_CTX, OSSL_ENCODER_CTX_free>;

struct OpensslFree {
  void operator()(unsigned char* octets) const noexcept { OPENSSL_free(octets); }
};

std::unexpected<Error> key_error(std::string detail) {
  return fail(Errc::config, Reason::ra_key_unusable, std::move(detail));
}

// The SubjectPublicKeyInfo of a key that we own, encoded by OpenSSL.
Result<PublicKey> public_half(const Library& library, EVP_PKEY* key) {
  // A file may hold the point compressed; certificates carry it whole (RFC 5480, 2.2).
  if (EVP_PKEY_is_a(key, "EC") == 1)
    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                   OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
  unsigned char* encoded = nullptr;
  const int size = i2d_PUBKEY(key, &encoded);
  const std::unique_ptr<unsigned char, OpensslFree> owner(encoded);
  if (size <= 0) return key_error("no public key: " + drained_errors());
  auto decoded = PublicKey::decode(library, {encoded, static_cast<std::size_t>(size)});
  if (!decoded) return key_error(decoded.error().detail);
  return decoded;
}

}  // namespace

PrivateKey::PrivateKey(Library library, std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
    : library_(std::move(library)), key_(std::move(key)), public_key_(std::move(public_key)) {}

Result<PrivateKey> PrivateKey::decode_pem(const Library& library, std::string_view pem) {
  // Nobody is there to ask for a passphrase when a web server starts.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(text ? PEM_read_bio_PrivateKey_ex(text.get(), nullptr, no_passphrase, nullptr,
                                               library->get(), nullptr)
                  : nullptr);
  if (!key) return key_error("no unencrypted private key in PEM: " + drained_errors());
  clear_errors();
  auto public_key = public_half(library, key.get());
  if (!public_key) return std::unexpected(std::move(public_key).error());
  return PrivateKey(library, std::move(key), *std::move(public_key));
}

Result<PrivateKey> PrivateKey::generate(const Library& library, std::string_view type) {
  KeyPtr key;
  if (type == "rsa:2048" || type == "rsa:3072" || type == "rsa:4096")
    key.reset(EVP_PKEY_Q_keygen(library->get(), nullptr, "RSA",
                                std::strtoul(std::string(type.substr(4)).c_str(), nullptr, 10)));
  else if (type == "ec:P-256" || type == "ec:P-384" || type == "ec:P-521")
    key.reset(
        EVP_PKEY_Q_keygen(library->get(), nullptr, "EC", std::string(type.substr(3)).c_str()));
  else
    return key_error("key type '" + std::string(type) +
                     "' is none of rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384, ec:P-521");
  if (!key) return key_error("cannot make a key: " + drained_errors());
  auto public_key = public_half(library, key.get());
  if (!public_key) return std::unexpected(std::move(public_key).error());
  return PrivateKey(library, std::move(key), *std::move(public_key));
}

Result<Secret> PrivateKey::encode_pem() const {
  const EncoderPtr encoder(OSSL_ENCODER_CTX_new_for_pkey(key_.get(), EVP_PKEY_KEYPAIR, "PEM",
                                                         "PrivateKeyInfo", nullptr));
  unsigned char* encoded = nullptr;
  std::size_t size = 0;
  const bool done = encoder && OSSL_ENCODER_to_data(encoder.get(), &encoded, &size) == 1;
  const std::unique_ptr<unsigned char, OpensslFree> owner(encoded);
  if (!done) return key_error("cannot encode a key: " + drained_errors());
  Secret pem(Bytes(encoded, size));
  wipe({encoded, size});
  return pem;
}

Result<Buffer> PrivateKey::sign(Digest digest, Bytes message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  const EVP_MD* method = library_->handles().digest(digest);
  Buffer signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  if (!context || !method ||
      EVP_DigestSignInit_ex(context.get(), nullptr, EVP_MD_get0_name(method), library_->get(),
                            nullptr, key_.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    return fail(Errc::internal, Reason::ra_key_unusable, "cannot sign: " + drained_errors());
  signature.resize(size);
  return signature;
}

Result<Secret> PrivateKey::raw_decrypt(Bytes ciphertext) const {
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(library_->get(), key_.get(), nullptr));
  Secret plain = Secret::zeros((public_key_.bits() + 7) / 8);
  std::size_t size = plain.size();
  // RFC 8017, 7.1.2 and 7.2.2: as long as the modulus, while OpenSSL takes shorter ones too.
  if (ciphertext.size() != size)
    return fail(Errc::bad_message_check, Reason::envelope_unreadable, "the envelope does not open");
  if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) != 1)
    return fail(Errc::internal, Reason::ra_key_unusable, "cannot decrypt: " + drained_errors());
  if (EVP_PKEY_decrypt(context.get(), plain.writable().data(), &size, ciphertext.data(),
                       ciphertext.size()) != 1 ||
      size != plain.size()) {
    clear_errors();
    return fail(Errc::bad_message_check, Reason::envelope_unreadable, "the envelope does not open");
  }
  return plain;
}

Result<Secret> PrivateKey::derive(std::string_view purpose) const {
  auto pem = encode_pem();
  if (!pem) return std::unexpected(std::move(pem).error());
  return Secret(library_->mac(pem->reveal(), as_bytes(purpose)));
}

}  // namespace scep_ra::crypto
