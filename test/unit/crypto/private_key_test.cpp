#include <openssl/rsa.h>

#include "catch.h"
#include "crypto/key.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;

namespace {

KeyPtr openssl_key(std::string_view pem) {
  const BioPtr memory = reading(as_bytes(pem));
  return KeyPtr(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}
bool same_key(EVP_PKEY* key, const PrivateKey& ours) {
  return equal(der_of(key, i2d_PUBKEY), ours.public_key().info());
}

bool openssl_verifies(EVP_PKEY* key, const char* digest, Bytes message, Bytes signature) {
  const DigestContextPtr context(made(EVP_MD_CTX_new()));
  done(EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr));
  const int good = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                    message.data(), message.size());
  ERR_clear_error();
  return good == 1;
}

// Raw public operation: m^e mod n.
Buffer raw_encrypted(EVP_PKEY* key, Bytes number) {
  const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)));
  done(EVP_PKEY_encrypt_init(context.get()));
  done(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING));
  Buffer encrypted(number.size());
  std::size_t size = encrypted.size();
  done(EVP_PKEY_encrypt(context.get(), encrypted.data(), &size, number.data(), number.size()));
  return encrypted;
}

PrivateKey ours(EVP_PKEY* key) {
  return PrivateKey::decode_pem(library(), pem_of_key(key)).value();
}

}  // namespace

TEST_CASE("a private key that we wrote opens in OpenSSL and here", "[crypto]") {
  for (const char* type : {"rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521"}) {
    const auto key = PrivateKey::generate(library(), type);
    REQUIRE(key);
    const Secret pem = key->encode_pem().value();
    CHECK(as_text(pem.reveal()).starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const KeyPtr theirs = openssl_key(as_text(pem.reveal()));
    REQUIRE(theirs);
    CHECK(same_key(theirs.get(), *key));
    const auto again = PrivateKey::decode_pem(library(), as_text(pem.reveal()));
    REQUIRE(again);
    CHECK(equal(again->public_key().info(), key->public_key().info()));
  }
}

TEST_CASE("only the listed key types are made", "[crypto]") {
  for (const char* type : {"", "rsa", "rsa:", "rsa:1024", "rsa:2048 ", "rsa:16384", "ec:P-224",
                           "ec:secp256k1", "ed25519", "RSA:2048"}) {
    const auto key = PrivateKey::generate(library(), type);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == Errc::config);
  }
}

TEST_CASE("PEM of the traditional forms is read", "[crypto]") {
  const BioPtr rsa(made(BIO_new(BIO_s_mem())));
  done(PEM_write_bio_PrivateKey_traditional(rsa.get(), key_of("device"), nullptr, nullptr, 0,
                                            nullptr, nullptr));
  const Buffer rsa_pem = written(rsa.get());
  REQUIRE(as_text(rsa_pem).starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  const auto rsa_key = PrivateKey::decode_pem(library(), as_text(rsa_pem));
  REQUIRE(rsa_key);
  CHECK(same_key(key_of("device"), *rsa_key));

  const BioPtr ec(made(BIO_new(BIO_s_mem())));
  done(PEM_write_bio_Parameters(ec.get(), key_of("device", "ec:P-256")));
  done(PEM_write_bio_PrivateKey_traditional(ec.get(), key_of("device", "ec:P-256"), nullptr,
                                            nullptr, 0, nullptr, nullptr));
  const Buffer ec_pem = written(ec.get());
  REQUIRE(as_text(ec_pem).starts_with("-----BEGIN EC PARAMETERS-----"));
  const auto ec_key = PrivateKey::decode_pem(library(), as_text(ec_pem));
  REQUIRE(ec_key);
  CHECK(same_key(key_of("device", "ec:P-256"), *ec_key));
}

TEST_CASE("what is no private key is refused without asking anyone", "[crypto]") {
  const BioPtr memory(made(BIO_new(BIO_s_mem())));
  char passphrase[] = "secret";
  done(PEM_write_bio_PKCS8PrivateKey(memory.get(), key_of("device"), EVP_aes_128_cbc(), passphrase,
                                     6, nullptr, nullptr));
  const Buffer encrypted = written(memory.get());
  const BioPtr public_memory(made(BIO_new(BIO_s_mem())));
  done(PEM_write_bio_PUBKEY(public_memory.get(), key_of("device")));
  const Buffer public_pem = written(public_memory.get());
  const std::string good = pem_of_key(key_of("device"));
  for (const std::string& pem :
       {std::string(), std::string("nonsense"), to_string(encrypted), to_string(public_pem),
        good.substr(0, good.size() / 2), pem_of_key(key_of("device", "ed25519"))}) {
    const auto key = PrivateKey::decode_pem(library(), pem);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == Errc::config);
    CHECK(key.error().reason == Reason::ra_key_unusable);
  }
  CHECK(ERR_peek_error() == 0);
  CHECK(PrivateKey::decode_pem(library(), good));
}

TEST_CASE("an EC key that was written with a compressed point is still a key", "[crypto]") {
  const KeyPtr key(new_key("ec:P-256"));
  done(EVP_PKEY_set_utf8_string_param(key.get(), "point-format", "compressed"));
  const auto read = PrivateKey::decode_pem(library(), pem_of_key(key.get()));
  REQUIRE(read);
  CHECK(read->public_key().info().size() == 91);
}

TEST_CASE("what we sign OpenSSL verifies", "[crypto]") {
  const Bytes message = as_bytes("message");
  const std::pair<const char*, Digest> digests[] = {{"SHA1", Digest::sha1},
                                                    {"SHA256", Digest::sha256},
                                                    {"SHA384", Digest::sha384},
                                                    {"SHA512", Digest::sha512}};
  for (const char* type : {"rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521"}) {
    EVP_PKEY* key = key_of("device", type);
    const PrivateKey signer = ours(key);
    for (const auto& [name, digest] : digests) {
      const auto signature = signer.sign(digest, message);
      REQUIRE(signature);
      CHECK(openssl_verifies(key, name, message, *signature));
      CHECK_FALSE(openssl_verifies(key, name, as_bytes("massage"), *signature));
      CHECK(signer.public_key().verify({signer.public_key().kind(), digest, Padding::pkcs1},
                                       message, *signature));
    }
  }
}

TEST_CASE("a value derived from a key belongs to that key and that purpose", "[crypto]") {
  const PrivateKey key = ours(key_of("device"));
  const Secret value = key.derive("purpose").value();
  CHECK(value.size() == 32);
  CHECK((value == ours(key_of("device")).derive("purpose").value()));
  CHECK_FALSE((value == key.derive("another purpose").value()));
  CHECK_FALSE((value == ours(key_of("another")).derive("purpose").value()));
}

TEST_CASE("the raw private operation undoes the public one and keeps leading zeros", "[crypto]") {
  const PrivateKey key = ours(key_of("device"));
  for (const std::size_t zeros : {1UL, 2UL, 100UL, 255UL}) {
    Buffer number(256, 0xa5);
    std::fill_n(number.begin(), zeros, std::uint8_t{0});
    const auto plain = key.raw_decrypt(raw_encrypted(key_of("device"), number));
    REQUIRE(plain);
    CHECK(equal(plain->reveal(), number));
  }
  CHECK(equal(key.raw_decrypt(Buffer(256))->reveal(), Buffer(256)));
}

TEST_CASE("what is no number below the modulus is not decrypted", "[crypto][case:C8]") {
  const PrivateKey key = ours(key_of("device"));
  for (const Buffer& ciphertext :
       {Buffer{}, Buffer(255, 1), Buffer(257, 0), Buffer(256, 0xff), Buffer(65536, 1)}) {
    const auto plain = key.raw_decrypt(ciphertext);
    REQUIRE_FALSE(plain);
    CHECK(plain.error().code == Errc::bad_message_check);
    CHECK(plain.error().detail == "the envelope does not open");
  }
  CHECK(ERR_peek_error() == 0);
}
