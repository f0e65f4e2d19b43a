#include "crypto/content_cipher.h"

#include "base/hex.h"
#include "catch.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;

namespace {

struct Named {
  Cipher cipher;
  const char* name;
};
constexpr Named ciphers[] = {{Cipher::des_ede3_cbc, "DES-EDE3-CBC"},
                             {Cipher::aes128_cbc, "AES-128-CBC"},
                             {Cipher::aes192_cbc, "AES-192-CBC"},
                             {Cipher::aes256_cbc, "AES-256-CBC"}};

Buffer counted(std::size_t size) {
  Buffer octets(size);
  for (std::size_t at = 0; at < size; ++at) octets[at] = static_cast<std::uint8_t>(at * 11 + 3);
  return octets;
}
Secret key_for(Cipher cipher) {
  return Secret(counted(key_size(cipher)));
}

// OpenSSL's own encryption, with or without padding.
Buffer by_openssl(const char* name, Bytes key, Bytes iv, Bytes plain, bool padding = true) {
  using ContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;
  const ContextPtr context(made(EVP_CIPHER_CTX_new()));
  done(EVP_EncryptInit_ex(context.get(), made(EVP_get_cipherbyname(name)), nullptr, key.data(),
                          iv.data()));
  EVP_CIPHER_CTX_set_padding(context.get(), padding ? 1 : 0);
  Buffer output(plain.size() + 32);
  int first = 0;
  int last = 0;
  done(EVP_EncryptUpdate(context.get(), output.data(), &first, plain.data(),
                         static_cast<int>(plain.size())));
  done(EVP_EncryptFinal_ex(context.get(), output.data() + first, &last));
  output.resize(static_cast<std::size_t>(first + last));
  return output;
}

}  // namespace

TEST_CASE("each content cipher is the one that OpenSSL names so",
          "[crypto][req:E1][req:E2][req:E3]") {
  for (const auto& [cipher, name] : ciphers) {
    const Secret key = key_for(cipher);
    const Buffer iv = counted(block_size(cipher));
    for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 1000UL}) {
      const Buffer plain = counted(size);
      const Buffer encrypted = encrypt_content(library(), cipher, key, iv, plain).value();
      CHECK(encrypted == by_openssl(name, key.reveal(), iv, plain));
      CHECK(equal(decrypt_content(library(), cipher, key, iv, encrypted)->reveal(), plain));
    }
  }
}

TEST_CASE("single DES works only where the legacy provider is loaded", "[crypto][req:E6]") {
  const Secret key(counted(8));
  const Buffer iv = counted(8);
  // FIPS PUB 81's example key and text are older than CBC padding; a round trip shows the wiring.
  const auto encrypted = encrypt_content(library(), Cipher::des_cbc, key, iv, counted(20));
  REQUIRE(encrypted);
  CHECK(encrypted->size() == 24);
  CHECK(equal(decrypt_content(library(), Cipher::des_cbc, key, iv, *encrypted)->reveal(),
              counted(20)));
  const auto without = LibraryContext::open(LibraryContext::Legacy::no).value();
  CHECK_FALSE(encrypt_content(without, Cipher::des_cbc, key, iv, counted(20)));
  CHECK_FALSE(decrypt_content(without, Cipher::des_cbc, key, iv, *encrypted));
  CHECK(encrypt_content(without, Cipher::des_ede3_cbc, key_for(Cipher::des_ede3_cbc), iv,
                        counted(20)));
}

TEST_CASE("every failure to decrypt is one and the same", "[crypto][req:E12][case:C7]") {
  const Cipher cipher = Cipher::aes128_cbc;
  const Secret key = key_for(cipher);
  const Buffer iv = counted(16);
  const auto padded_with = [&](Buffer last) {
    last.insert(last.begin(), 16 - last.size(), 0x41);
    return by_openssl("AES-128-CBC", key.reveal(), iv, last, false);
  };
  const Buffer good = padded_with({4, 4, 4, 4});
  CHECK(decrypt_content(library(), cipher, key, iv, good)->size() == 12);
  const auto detail = [&](const Secret& with, Bytes start, Bytes ciphertext) {
    const auto plain = decrypt_content(library(), cipher, with, start, ciphertext);
    return plain ? "opened" : std::string(word(plain.error().reason)) + ", " + plain.error().detail;
  };
  const std::string refusal = "envelope-unreadable, the envelope does not open";
  CHECK(detail(key, iv, padded_with({0})) == refusal);
  CHECK(detail(key, iv, padded_with({17})) == refusal);
  CHECK(detail(key, iv, padded_with({3, 4, 4, 4})) == refusal);
  CHECK(detail(key, iv, padded_with({2, 3})) == refusal);
  CHECK(detail(key, iv, Bytes(good).first(15)) == refusal);
  CHECK(detail(key, iv, {}) == refusal);
  CHECK(detail(Secret(counted(15)), iv, good) == refusal);
  CHECK(detail(Secret(counted(32)), iv, good) == refusal);
  CHECK(detail(key, counted(12), good) == refusal);
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("digests and MACs are those that OpenSSL names so", "[crypto]") {
  CHECK(hex_lower(library()->digest(Digest::md5, as_bytes("abc"))) ==
        "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex_lower(library()->digest(Digest::sha1, as_bytes("abc"))) ==
        "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex_lower(library()->digest(Digest::sha256, as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(library()->digest(Digest::sha384, {}).size() == 48);
  CHECK(library()->digest(Digest::sha512, {}).size() == 64);
  // RFC 4231, 4.3
  CHECK(hex_lower(library()->mac(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("each algorithm has one word and one object identifier", "[crypto]") {
  for (const Digest digest :
       {Digest::md5, Digest::sha1, Digest::sha256, Digest::sha384, Digest::sha512})
    CHECK(digest_of(oid_of(digest)) == digest);
  for (const Cipher cipher : {Cipher::des_cbc, Cipher::des_ede3_cbc, Cipher::aes128_cbc,
                              Cipher::aes192_cbc, Cipher::aes256_cbc})
    CHECK(cipher_of(oid_of(cipher)) == cipher);
  CHECK(word(Digest::sha256) == "sha256");
  CHECK(word(Cipher::aes128_cbc) == "aes128-cbc");
  CHECK(word(Cipher::des_ede3_cbc) == "des-ede3-cbc");
  CHECK_FALSE(digest_of(oid_of(Cipher::aes128_cbc)));
  CHECK_FALSE(cipher_of(asn1::oid::fixed("2.16.840.1.101.3.4.1.6")));  // AES-128-GCM
}

TEST_CASE("random octets differ", "[crypto]") {
  CHECK(library()->random().bytes(16) != library()->random().bytes(16));
  CHECK(library()->random().bytes(0).empty());
}
