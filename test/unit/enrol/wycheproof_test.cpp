#include "base/hex.h"
#include "catch.h"
#include "crypto/content_cipher.h"
#include "make_certificate.h"
#include "make_ra_bench.h"
#include "vectors.h"

// Wycheproof's RSAES-PKCS1 ciphertexts as the encrypted key of a message that is good otherwise,
// with their keys as the RA's (threats-and-tests C6).
using namespace scep_ra;
using namespace scep_ra::test;

namespace {

struct OwnedParty {
  CertificatePtr certificate;
  KeyPtr key;
  Party party;
};
OwnedParty ra_with_key(const std::string& pem) {
  const BioPtr memory = reading(as_bytes(pem));
  KeyPtr key(made(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr)));
  CertificatePtr certificate =
      make_certificate({.key = key.get(), .common_name = "RA encryption", .serial = "2000"});
  const Party borrowed{certificate.get(), key.get()};
  return {std::move(certificate), std::move(key), borrowed};
}

MessageWish enveloped_to(const Party& ra, const std::string& password) {
  MessageWish wish = wish_for(with_password(password));
  wish.envelope.recipients = {{.party = &ra}};
  return wish;
}

Buffer with_encrypted_key(MessageWish wish, Bytes encrypted_key) {
  wish.envelope.recipients.front().encrypted_key = to_buffer(encrypted_key);
  return make_message(wish);
}

// The content encrypted with a key of the vector's.
Buffer with_content_key(MessageWish wish, Bytes encrypted_key, Bytes key) {
  const Buffer iv(16, 0x42);
  const auto cipher = key.size() == 16 ? crypto::Cipher::aes128_cbc : crypto::Cipher::aes256_cbc;
  wish.envelope.cipher = key.size() == 16 ? "AES-128-CBC" : "AES-256-CBC";
  wish.envelope.cipher_parameters = {{octets(iv)}};
  wish.envelope.ciphertext = leaf(
      0x80,
      crypto::encrypt_content(library(), cipher, Secret(key), iv, wish.envelope.plaintext).value());
  return with_encrypted_key(wish, encrypted_key);
}

// All that anybody sees of a refusal, but for nonce, signature and times.
void check_same_answer(const Answered& answered, const Answered& first) {
  check_refused(answered, "1", "envelope-unreadable");
  CHECK(answered.outcome.cert_rep->size() == first.outcome.cert_rep->size());
  CHECK(answered.events[0]["id"] == first.events[0]["id"]);
  CHECK(answered.events[0]["level"] == first.events[0]["level"]);
}

void check_wycheproof(const std::string& bits) {
  const auto text = vector_file("wycheproof/rsa_pkcs1_" + bits + "_test.json");
  if (!text) return skip();
  std::size_t refused = 0;
  std::size_t issued = 0;
  const auto file = nlohmann::json::parse(*text);
  for (const auto& group : file.at("testGroups")) {
    const OwnedParty ra = ra_with_key(group.at("privateKeyPem"));
    RaBench bench;
    bench.keys.opening = core_recipients({ra.party});
    const std::string password = bench.password();
    const MessageWish wish = enveloped_to(ra.party, password);
    const Answered first = bench.send(with_encrypted_key(wish, Buffer(std::stoul(bits) / 8, 0)));
    for (const auto& vector : group.at("tests")) {
      INFO("vector " << vector.at("tcId") << ": " << vector.at("comment"));
      const Buffer ciphertext = hex_decode(vector.at("ct").get<std::string>()).value();
      check_same_answer(bench.send(with_encrypted_key(wish, ciphertext)), first);
      ++refused;
    }
    CHECK(bench.ca.asked.empty());
    for (const auto& vector : group.at("tests")) {
      const Buffer key = hex_decode(vector.at("msg").get<std::string>()).value();
      if (vector.at("result") != "valid" || (key.size() != 16 && key.size() != 32)) continue;
      const Buffer ciphertext = hex_decode(vector.at("ct").get<std::string>()).value();
      CHECK(bench.send(with_content_key(wish, ciphertext, key)).status == "0");
      CHECK(bench.ca.asked.size() == 1);
      ++issued;
    }
  }
  CHECK(refused == 67);
  CHECK(issued >= 1);
}

}  // namespace

TEST_CASE("Wycheproof's ciphertexts of 2048 bits all get one answer, and a good one a certificate",
          "[enrol][vectors][case:C6]") {
  check_wycheproof("2048");
}
TEST_CASE("Wycheproof's ciphertexts of 3072 bits all get one answer, and a good one a certificate",
          "[enrol][vectors][case:C6]") {
  check_wycheproof("3072");
}
TEST_CASE("Wycheproof's ciphertexts of 4096 bits all get one answer, and a good one a certificate",
          "[enrol][vectors][case:C6]") {
  check_wycheproof("4096");
}
