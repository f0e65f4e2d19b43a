#include "support/sealing.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "scep/make_message.h"

namespace scep_ra::fuzz {
namespace {

using test::done;
using test::made;
using test::Node;
using CipherPtr = std::unique_ptr<EVP_CIPHER, test::Release<EVP_CIPHER_free>>;
using Spoil = Sealing::Spoil;

struct NamedCipher {
  const char* name;
  const char* oid;
};
constexpr std::array<NamedCipher, ciphers> named_ciphers{{
    {"DES-CBC", "1.3.14.3.2.7"},
    {"DES-EDE3-CBC", "1.2.840.113549.3.7"},
    {"AES-128-CBC", "2.16.840.1.101.3.4.1.2"},
    {"AES-192-CBC", "2.16.840.1.101.3.4.1.22"},
    {"AES-256-CBC", "2.16.840.1.101.3.4.1.42"},
}};

Buffer random_octets(std::size_t size) {
  Buffer octets(size);
  done(RAND_bytes(octets.data(), static_cast<int>(size)));
  return octets;
}

Buffer digest_of(const std::string& name, Bytes octets) {
  Buffer digest(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  done(EVP_Q_digest(nullptr, name.c_str(), nullptr, octets.data(), octets.size(), digest.data(),
                    &size));
  digest.resize(size);
  return digest;
}

Buffer signature_of(EVP_PKEY* key, const std::string& digest, Bytes octets) {
  const test::DigestContextPtr context(made(EVP_MD_CTX_new()));
  done(EVP_DigestSignInit_ex(context.get(), nullptr, digest.c_str(), nullptr, nullptr, key,
                             nullptr));
  std::size_t size = 0;
  done(EVP_DigestSign(context.get(), nullptr, &size, octets.data(), octets.size()));
  Buffer signature(size);
  done(EVP_DigestSign(context.get(), signature.data(), &size, octets.data(), octets.size()));
  signature.resize(size);
  return signature;
}

std::string digest_oid(const std::string& name) {
  if (name == "MD5") return "1.2.840.113549.2.5";
  if (name == "SHA1") return "1.3.14.3.2.26";
  return name == "SHA512" ? "2.16.840.1.101.3.4.2.3" : "2.16.840.1.101.3.4.2.1";
}
Node signature_algorithm(const FixedParty& signer, const std::string& digest) {
  if (EVP_PKEY_is_a(signer.party.key, "RSA") == 1) return test::algorithm("1.2.840.113549.1.1.1");
  const std::string ecdsa = digest == "SHA1" ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.";
  return test::algorithm_without_parameters(digest == "SHA1"     ? ecdsa
                                            : digest == "SHA512" ? ecdsa + "4"
                                                                 : ecdsa + "2");
}

// 00 02 PS 00 M (RFC 8017, 7.2.1), or not quite.
Buffer padded(Bytes key, std::size_t size, const Sealing& sealing) {
  Buffer block(size, 0);
  block[1] = sealing.spoil == Spoil::block_type ? static_cast<std::uint8_t>(sealing.flip | 3) : 2;
  const std::size_t separator = size - key.size() - 1;
  const Buffer noise = random_octets(separator - 2);
  std::ranges::transform(noise, block.begin() + 2,
                         [](std::uint8_t octet) { return octet == 0 ? 1 : octet; });
  if (sealing.spoil == Spoil::zero_in_padding) block[2 + sealing.flip % (separator - 2)] = 0;
  if (sealing.spoil == Spoil::no_separator)
    block[separator] = static_cast<std::uint8_t>(sealing.flip | 1);
  std::ranges::copy(key, block.begin() + static_cast<std::ptrdiff_t>(separator + 1));
  return block;
}

Buffer encrypted(Bytes key, int padding, const char* oaep_digest) {
  const test::KeyContextPtr context(
      made(EVP_PKEY_CTX_new_from_pkey(nullptr, ra_encryption().party.key, nullptr)));
  done(EVP_PKEY_encrypt_init(context.get()));
  done(EVP_PKEY_CTX_set_rsa_padding(context.get(), padding));
  if (oaep_digest) done(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), oaep_digest, nullptr));
  std::size_t size = 0;
  done(EVP_PKEY_encrypt(context.get(), nullptr, &size, key.data(), key.size()));
  Buffer output(size);
  done(EVP_PKEY_encrypt(context.get(), output.data(), &size, key.data(), key.size()));
  return output;
}

Buffer encrypted_key(Bytes key, const Sealing& sealing) {
  const auto size = static_cast<std::size_t>(EVP_PKEY_get_size(ra_encryption().party.key));
  if (sealing.spoil == Spoil::any_number) {
    Buffer number = random_octets(size);
    number[0] = 0;
    number[1] = sealing.flip;
    return encrypted(number, RSA_NO_PADDING, nullptr);
  }
  if (sealing.transport == 0) return encrypted(padded(key, size, sealing), RSA_NO_PADDING, nullptr);
  return encrypted(key, RSA_PKCS1_OAEP_PADDING, sealing.transport == 1 ? "SHA1" : "SHA256");
}

// Single DES is in the legacy provider; the core's context has it.
const EVP_CIPHER* cipher_at(std::size_t at) {
  static std::array<CipherPtr, ciphers> fetched;
  if (!fetched[at])
    fetched[at].reset(made(EVP_CIPHER_fetch(library()->get(), named_ciphers[at].name, nullptr)));
  return fetched[at].get();
}

void spoil_ciphertext(Buffer& ciphertext, const Sealing& sealing) {
  const auto flip = static_cast<std::uint8_t>(sealing.flip | 1);
  if (sealing.spoil == Spoil::last_block) ciphertext[ciphertext.size() - 1] ^= flip;
  if (sealing.spoil == Spoil::first_block) ciphertext[0] ^= flip;
  if (sealing.spoil == Spoil::half_a_block) ciphertext.resize(ciphertext.size() - 4);
}

Node key_transport(std::size_t transport) {
  if (transport == 0) return test::algorithm("1.2.840.113549.1.1.1");
  const Node hash = test::algorithm(digest_oid(transport == 1 ? "SHA1" : "SHA256"));
  const Node mask = test::sequence({test::oid("1.2.840.113549.1.1.8"), hash});
  return test::sequence({test::oid("1.2.840.113549.1.1.7"),
                         test::sequence({test::tagged(0, {hash}), test::tagged(1, {mask})})});
}

}  // namespace

Buffer tagged_octets(std::uint8_t tag, Bytes content) {
  Buffer element = test::encoded(test::leaf(0, content));
  element[0] = tag;
  return element;
}

void fill_in(Tree& tree, std::string_view word, Bytes value) {
  if (tree.leaf && as_text(tree.content) == word) tree.content = to_buffer(value);
  for (Tree& child : tree.children) fill_in(child, word, value);
}

Buffer attribute(const std::string& type, const Node& value) {
  return test::encoded(test::sequence({test::oid(type), test::set({value})}));
}

std::vector<Tree> good_attributes(std::string_view message_type) {
  namespace a = test::attribute;
  std::vector<Tree> trees;
  for (const Buffer& one : {attribute(a::content_type, test::oid("1.2.840.113549.1.7.1")),
                            attribute(a::message_digest, test::octets(as_bytes("MD"))),
                            attribute(a::message_type, test::printable(message_type)),
                            attribute(a::transaction_id, test::printable("0123456789ABCDEF")),
                            attribute(a::sender_nonce, test::octets(as_bytes("sixteen octets!!")))})
    trees.push_back(tree_of(one).value());
  return trees;
}

Buffer signed_message(Signing wish) {
  const Buffer digest = digest_of(wish.digest, wish.content);
  Buffer attributes;
  for (Tree& one : wish.attributes) {
    fill_in(one, "MD", digest);
    append(attributes, octets_of(one));
  }
  // What is signed carries the tag of SET OF (RFC 5652, 5.4).
  const Buffer covered = tagged_octets(0x31, attributes);
  std::vector<Node> bag;
  for (const Buffer& one : wish.bag) bag.push_back(test::verbatim(one));
  const Node algorithm = test::algorithm(digest_oid(wish.digest));
  const Node signer =
      test::sequence({test::integer(1), test::issuer_and_serial(wish.signer->party.certificate),
                      algorithm, test::verbatim(tagged_octets(0xa0, attributes)),
                      signature_algorithm(*wish.signer, wish.digest),
                      test::octets(signature_of(wish.signer->party.key, wish.digest, covered))});
  const Node content = test::sequence(
      {test::oid("1.2.840.113549.1.7.1"), test::tagged(0, {test::octets(wish.content)})});
  const Node fields =
      test::sequence({test::integer(1), test::set({algorithm}), content, test::tagged(0, bag),
                      test::set(std::vector<Node>(wish.signers, signer))});
  return test::encoded(
      test::sequence({test::oid("1.2.840.113549.1.7.2"), test::tagged(0, {fields})}), wish.form);
}

Sealed seal(Bytes plaintext, const Sealing& sealing) {
  const EVP_CIPHER* cipher = cipher_at(sealing.cipher);
  Buffer key = random_octets(static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)));
  Sealed sealed;
  sealed.iv = random_octets(static_cast<std::size_t>(EVP_CIPHER_get_iv_length(cipher)));
  sealed.ciphertext = test::encrypted_content(cipher, key, sealed.iv, plaintext);
  spoil_ciphertext(sealed.ciphertext, sealing);
  if (sealing.spoil == Spoil::short_key) key.pop_back();
  if (sealing.spoil == Spoil::long_key) key.push_back(sealing.flip);
  if (sealing.spoil == Spoil::other_key) key[0] ^= static_cast<std::uint8_t>(sealing.flip | 2);
  sealed.encrypted_key = encrypted_key(key, sealing);
  return sealed;
}

Buffer envelope_with_words(const Sealing& sealing) {
  const Node recipient =
      test::sequence({test::integer(0), test::issuer_and_serial(ra_encryption().party.certificate),
                      key_transport(sealing.transport), test::octets(as_bytes("EK"))});
  const Node content = test::sequence(
      {test::oid("1.2.840.113549.1.7.1"),
       test::sequence({test::oid(named_ciphers[sealing.cipher].oid), test::octets(as_bytes("IV"))}),
       test::leaf(0x80, as_bytes("CT"))});
  const Node fields = test::sequence({test::integer(0), test::set({recipient}), content});
  return test::encoded(
      test::sequence({test::oid("1.2.840.113549.1.7.3"), test::tagged(0, {fields})}));
}

Buffer sealed_envelope(Tree envelope, Bytes plaintext, const Sealing& sealing) {
  const Sealed sealed = seal(plaintext, sealing);
  fill_in(envelope, "EK", sealed.encrypted_key);
  fill_in(envelope, "IV", sealed.iv);
  fill_in(envelope, "CT", sealed.ciphertext);
  return octets_of(envelope);
}

Buffer request_around(Bytes plaintext, const FixedParty& signer, std::string_view message_type,
                      const Sealing& sealing, test::Form form) {
  return signed_message({.signer = &signer,
                         .content = sealed_envelope(tree_of(envelope_with_words(sealing)).value(),
                                                    plaintext, sealing),
                         .attributes = good_attributes(message_type),
                         .bag = {to_buffer(signer.certificate.der())},
                         .form = form});
}

}  // namespace scep_ra::fuzz
