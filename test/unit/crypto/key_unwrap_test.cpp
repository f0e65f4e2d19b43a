#include "crypto/key_unwrap.h"

#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "catch.h"
#include "crypto/make_library.h"
#include "openssl.h"
#include "vectors.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;

namespace {

KeyUnwrap unwrap_of(EVP_PKEY* key) {
  return KeyUnwrap::make(library(), PrivateKey::decode_pem(library(), pem_of_key(key)).value())
      .value();
}
const KeyUnwrap& ra() {
  static const KeyUnwrap unwrap = unwrap_of(key_of("ra"));
  return unwrap;
}

struct Oaep {
  const char* digest;
  const char* mask_digest;
  std::string label;
};

Buffer encrypted(Bytes plain, int padding, const std::optional<Oaep>& oaep = {}) {
  const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_pkey(nullptr, key_of("ra"), nullptr)));
  done(EVP_PKEY_encrypt_init(context.get()));
  done(EVP_PKEY_CTX_set_rsa_padding(context.get(), padding));
  if (oaep) {
    done(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), oaep->digest, nullptr));
    done(EVP_PKEY_CTX_set_rsa_mgf1_md_name(context.get(), oaep->mask_digest, nullptr));
    if (!oaep->label.empty()) {
      void* label = OPENSSL_memdup(oaep->label.data(), oaep->label.size());
      done(EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), label,
                                            static_cast<int>(oaep->label.size())));
    }
  }
  Buffer ciphertext(256);
  std::size_t size = ciphertext.size();
  done(EVP_PKEY_encrypt(context.get(), ciphertext.data(), &size, plain.data(), plain.size()));
  return ciphertext;
}
Buffer pkcs1(Bytes plain) {
  return encrypted(plain, RSA_PKCS1_PADDING);
}
Buffer oaep(Bytes plain, const Oaep& how) {
  return encrypted(plain, RSA_PKCS1_OAEP_PADDING, how);
}

Buffer content_key(std::size_t size) {
  Buffer key(size);
  for (std::size_t at = 0; at < size; ++at) key[at] = static_cast<std::uint8_t>(at * 7 + 1);
  return key;
}

Buffer opened(const KeyUnwrap& unwrap, KeyTransport transport, Bytes ciphertext, std::size_t size) {
  const auto key = unwrap.unwrap(transport, ciphertext, size);
  REQUIRE(key);
  return to_buffer(key->reveal());
}
Buffer opened(Bytes ciphertext, std::size_t size) {
  return opened(ra(), KeyTransport::pkcs1, ciphertext, size);
}

// The answer to bad padding: a key of the right length, the same each time, and not the true one.
void check_fallback(KeyTransport transport, Bytes ciphertext, std::size_t size, Bytes true_key) {
  const Buffer key = opened(ra(), transport, ciphertext, size);
  CHECK(key.size() == size);
  CHECK(key == opened(unwrap_of(key_of("ra")), transport, ciphertext, size));
  CHECK_FALSE(equal(key, true_key.first(std::min(size, true_key.size()))));
  CHECK_FALSE(equal(key, true_key.last(std::min(size, true_key.size()))));
  CHECK(key != Buffer(size));
}

// 00 02 PS 00 M with room for one change.
Buffer padded(Bytes message, auto change) {
  Buffer em(256, 0x5a);
  em[0] = 0;
  em[1] = 2;
  em[em.size() - message.size() - 1] = 0;
  std::ranges::copy(message, em.end() - static_cast<std::ptrdiff_t>(message.size()));
  change(em);
  return encrypted(em, RSA_NO_PADDING);
}

}  // namespace

TEST_CASE("content keys that OpenSSL encrypted with PKCS#1 v1.5 are unwrapped",
          "[crypto][req:E4]") {
  for (const std::size_t size : {8UL, 16UL, 24UL, 32UL})
    CHECK(opened(pkcs1(content_key(size)), size) == content_key(size));
  CHECK(ra().modulus_size() == 256);
}

TEST_CASE("content keys that OpenSSL encrypted with OAEP are unwrapped", "[crypto][req:E5]") {
  const std::pair<KeyTransport, Oaep> ways[] = {
      {KeyTransport::oaep_sha1, {"SHA1", "SHA1", ""}},
      {KeyTransport::oaep_sha256, {"SHA256", "SHA256", ""}}};
  for (const auto& [transport, how] : ways)
    for (const std::size_t size : {8UL, 16UL, 24UL, 32UL})
      CHECK(opened(ra(), transport, oaep(content_key(size), how), size) == content_key(size));
}

TEST_CASE("keys on a 1024-bit RSA key are unwrapped too", "[crypto][req:E16]") {
  EVP_PKEY* small = key_of("old", "rsa:1024");
  const KeyUnwrap unwrap = unwrap_of(small);
  CHECK(unwrap.modulus_size() == 128);
  const PublicKey key = PublicKey::decode(library(), der_of(small, i2d_PUBKEY)).value();
  for (const KeyTransport transport :
       {KeyTransport::pkcs1, KeyTransport::oaep_sha1, KeyTransport::oaep_sha256})
    CHECK(opened(unwrap, transport, key.encrypt(transport, Secret(content_key(32))).value(), 32) ==
          content_key(32));
}

TEST_CASE("a content key of another length gives a key that nobody knows", "[crypto][case:C6]") {
  const Buffer ciphertext = pkcs1(content_key(16));
  check_fallback(KeyTransport::pkcs1, ciphertext, 8, content_key(16));
  check_fallback(KeyTransport::pkcs1, ciphertext, 24, content_key(16));
  check_fallback(KeyTransport::pkcs1, ciphertext, 32, content_key(16));
  CHECK(opened(ciphertext, 16) == content_key(16));
  check_fallback(KeyTransport::oaep_sha1, oaep(content_key(16), {"SHA1", "SHA1", ""}), 24,
                 content_key(16));
}

TEST_CASE("each kind of bad PKCS#1 padding gives a key that nobody knows", "[crypto][case:C6]") {
  const Buffer key = content_key(16);
  const auto bad = [&](auto change) {
    check_fallback(KeyTransport::pkcs1, padded(key, change), 16, key);
  };
  const std::size_t separator = 256 - 17;
  for (const std::uint8_t type : {0, 1, 3, 0xff}) bad([&](Buffer& em) { em[1] = type; });
  bad([](Buffer& em) { em[0] = 1; });
  for (const std::size_t at : {2UL, 3UL, 9UL, 10UL, 100UL, separator - 1})
    bad([&](Buffer& em) { em[at] = 0; });
  bad([&](Buffer& em) { em[separator] = 1; });
  bad([&](Buffer& em) { em[separator] = 0x80; });
  bad([&](Buffer& em) { std::fill(em.begin() + 2, em.begin() + separator, std::uint8_t{0}); });
  CHECK(opened(padded(key, [](Buffer&) {}), 16) == key);
}

TEST_CASE("each kind of bad OAEP padding gives a key that nobody knows",
          "[crypto][req:E5][case:C6]") {
  const Buffer key = content_key(16);
  const Oaep sha1{"SHA1", "SHA1", ""};
  const Oaep sha256{"SHA256", "SHA256", ""};
  check_fallback(KeyTransport::oaep_sha256, oaep(key, sha1), 16, key);
  check_fallback(KeyTransport::oaep_sha1, oaep(key, sha256), 16, key);
  check_fallback(KeyTransport::oaep_sha1, oaep(key, {"SHA1", "SHA256", ""}), 16, key);
  check_fallback(KeyTransport::oaep_sha1, oaep(key, {"SHA1", "SHA1", "label"}), 16, key);
  check_fallback(KeyTransport::oaep_sha1, pkcs1(key), 16, key);
  check_fallback(KeyTransport::pkcs1, oaep(key, sha1), 16, key);
  for (const std::size_t at : {0UL, 1UL, 20UL, 21UL, 41UL, 255UL}) {
    const auto em =
        PrivateKey::decode_pem(library(), pem_of_key(key_of("ra")))->raw_decrypt(oaep(key, sha1));
    Buffer changed = to_buffer(em->reveal());
    changed[at] ^= 1;
    check_fallback(KeyTransport::oaep_sha1, encrypted(changed, RSA_NO_PADDING), 16, key);
  }
}

TEST_CASE("the key that nobody knows depends on the ciphertext and on the private key",
          "[crypto][case:C6][case:C10]") {
  const auto bad = [](std::uint8_t octet) {
    return padded(content_key(16), [&](Buffer& em) {
      em[1] = 1;
      em[50] = octet;
    });
  };
  CHECK(opened(bad(1), 16) != opened(bad(2), 16));
  const Buffer small_number = [] {
    Buffer number(256);
    number.back() = 2;
    return number;
  }();
  CHECK(opened(small_number, 16) !=
        opened(unwrap_of(key_of("another")), KeyTransport::pkcs1, small_number, 16));
}

TEST_CASE("what is no number below the modulus is an error that its sender knows",
          "[crypto][case:C8]") {
  for (const Buffer& ciphertext : {Buffer{}, Buffer(255, 1), Buffer(257, 1), Buffer(256, 0xff)}) {
    const auto key = ra().unwrap(KeyTransport::pkcs1, ciphertext, 16);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == Errc::bad_message_check);
  }
}

TEST_CASE("only an RSA key opens envelopes", "[crypto][req:E11]") {
  auto ec = PrivateKey::decode_pem(library(), pem_of_key(key_of("ra", "ec:P-256")));
  REQUIRE(ec);
  const auto unwrap = KeyUnwrap::make(library(), *std::move(ec));
  REQUIRE_FALSE(unwrap);
  CHECK(unwrap.error().code == Errc::config);
}

TEST_CASE("what we encrypt to a key OpenSSL decrypts", "[crypto][req:E13]") {
  const PublicKey key = PublicKey::decode(library(), der_of(key_of("ra"), i2d_PUBKEY)).value();
  const std::pair<KeyTransport, const char*> ways[] = {{KeyTransport::pkcs1, nullptr},
                                                       {KeyTransport::oaep_sha1, "SHA1"},
                                                       {KeyTransport::oaep_sha256, "SHA256"}};
  for (const auto& [transport, digest] : ways) {
    const Buffer ciphertext = key.encrypt(transport, Secret(content_key(32))).value();
    const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_pkey(nullptr, key_of("ra"), nullptr)));
    done(EVP_PKEY_decrypt_init(context.get()));
    done(EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                      digest ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING));
    if (digest) done(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), digest, nullptr));
    Buffer plain(256);
    std::size_t size = plain.size();
    done(
        EVP_PKEY_decrypt(context.get(), plain.data(), &size, ciphertext.data(), ciphertext.size()));
    plain.resize(size);
    CHECK(plain == content_key(32));
  }
  const PublicKey ec =
      PublicKey::decode(library(), der_of(key_of("ra", "ec:P-256"), i2d_PUBKEY)).value();
  CHECK_FALSE(ec.encrypt(KeyTransport::pkcs1, Secret(content_key(16))));
}

namespace {

struct Wycheproof {
  unsigned valid = 0, other_length = 0, fallback = 0, no_number = 0;
};

void check_vector(const KeyUnwrap& unwrap, const PrivateKey& key, const nlohmann::json& vector,
                  Wycheproof& count) {
  INFO("vector " << vector.at("tcId") << ": " << vector.at("comment"));
  const Buffer message = hex_decode(vector.at("msg").get<std::string>()).value();
  const Buffer ciphertext = hex_decode(vector.at("ct").get<std::string>()).value();
  const bool valid = vector.at("result") == "valid";
  const bool usual_length = !message.empty() && message.size() <= 32;
  const std::size_t size = usual_length ? message.size() : 16;
  const auto opened = unwrap.unwrap(KeyTransport::pkcs1, ciphertext, size);
  if (!opened) {
    CHECK_FALSE(valid);
    CHECK(opened.error().code == Errc::bad_message_check);
    ++count.no_number;
    return;
  }
  CHECK(opened->size() == size);
  CHECK((*opened == unwrap.unwrap(KeyTransport::pkcs1, ciphertext, size).value()));
  const Secret em = key.raw_decrypt(ciphertext).value();
  CHECK((valid && usual_length) == equal(opened->reveal(), message));
  if (valid) CHECK(equal(em.reveal().last(message.size()), message));
  // Never what stands where a content key would stand, unless the padding is good.
  CHECK((valid && usual_length) == equal(opened->reveal(), em.reveal().last(size)));
  ++(!valid ? count.fallback : usual_length ? count.valid : count.other_length);
}

void check_wycheproof(const std::string& bits) {
  const auto text = vector_file("wycheproof/rsa_pkcs1_" + bits + "_test.json");
  if (!text) return skip();
  Wycheproof count;
  const auto file = nlohmann::json::parse(*text);
  for (const auto& group : file.at("testGroups")) {
    const auto key =
        PrivateKey::decode_pem(library(), group.at("privateKeyPem").get<std::string>()).value();
    const KeyUnwrap unwrap = KeyUnwrap::make(library(), key).value();
    for (const auto& vector : group.at("tests")) check_vector(unwrap, key, vector, count);
  }
  CHECK(count.valid >= 6);
  CHECK(count.other_length >= 20);
  CHECK(count.fallback >= 18);
  CHECK(count.no_number >= 5);
  CHECK(count.valid + count.other_length + count.fallback + count.no_number == 67);
}

}  // namespace

TEST_CASE("Wycheproof's ciphertexts of 2048 bits open only when they are valid",
          "[crypto][vectors][case:C6]") {
  check_wycheproof("2048");
}
TEST_CASE("Wycheproof's ciphertexts of 3072 bits open only when they are valid",
          "[crypto][vectors][case:C6]") {
  check_wycheproof("3072");
}
TEST_CASE("Wycheproof's ciphertexts of 4096 bits open only when they are valid",
          "[crypto][vectors][case:C6]") {
  check_wycheproof("4096");
}
