#include "scep/make_envelope.h"

#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "make_certificate.h"

namespace scep_ra::test {
namespace {

using CipherPtr = std::unique_ptr<EVP_CIPHER, Release<EVP_CIPHER_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;

// Single DES is in the legacy provider, which the default context gets here only.
const EVP_CIPHER* cipher_named(const std::string& name) {
  using ProviderPtr = std::unique_ptr<OSSL_PROVIDER, Release<OSSL_PROVIDER_unload>>;
  static const ProviderPtr legacy(made(OSSL_PROVIDER_load(nullptr, "legacy")));
  static const ProviderPtr usual(made(OSSL_PROVIDER_load(nullptr, "default")));
  static std::map<std::string, CipherPtr> ciphers;
  auto& cipher = ciphers[name];
  if (!cipher) cipher.reset(made(EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr)));
  return cipher.get();
}

Buffer random_octets(std::size_t size) {
  Buffer octets(size);
  done(RAND_bytes(octets.data(), static_cast<int>(size)));
  return octets;
}

Buffer encrypted_key(const RecipientWish& wish, Bytes key) {
  const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_pkey(nullptr, wish.party->key, nullptr)));
  done(EVP_PKEY_encrypt_init(context.get()));
  done(EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                    wish.oaep_digest ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING));
  if (wish.oaep_digest)
    done(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), wish.oaep_digest, nullptr));
  std::size_t size = 0;
  done(EVP_PKEY_encrypt(context.get(), nullptr, &size, key.data(), key.size()));
  Buffer output(size);
  done(EVP_PKEY_encrypt(context.get(), output.data(), &size, key.data(), key.size()));
  output.resize(size);
  return output;
}

Node oaep_algorithm(const std::string& digest) {
  const std::string type = digest == "SHA1" ? "1.3.14.3.2.26" : "2.16.840.1.101.3.4.2.1";
  const Node mask = sequence({oid("1.2.840.113549.1.1.8"), algorithm(type)});
  return sequence(
      {oid("1.2.840.113549.1.1.7"), sequence({tagged(0, {algorithm(type)}), tagged(1, {mask})})});
}

Node recipient_info(const RecipientWish& wish, Bytes key) {
  if (wish.whole) return *wish.whole;
  const ASN1_OCTET_STRING* known = X509_get0_subject_key_id(wish.party->certificate);
  const Node usual = wish.by_key_identifier
                         ? leaf(0x80, Bytes(known->data, static_cast<std::size_t>(known->length)))
                         : issuer_and_serial(wish.party->certificate);
  const Node key_algorithm =
      wish.oaep_digest ? oaep_algorithm(wish.oaep_digest) : algorithm("1.2.840.113549.1.1.1");
  return sequence({integer(wish.by_key_identifier ? 2 : 0), wish.identifier.value_or(usual),
                   wish.key_algorithm.value_or(key_algorithm),
                   octets(wish.encrypted_key ? *wish.encrypted_key : encrypted_key(wish, key))});
}

struct Made {
  CertificatePtr certificate;
  Party party;
};
Made issued(const std::string& name, const std::string& serial, const std::string& usage) {
  static const CertificatePtr ca =
      make_certificate({.key = key_of("ca"), .common_name = "Test CA"});
  CertificatePtr certificate = make_certificate(
      {.key = key_of(name),
       .common_name = name,
       .issuer = ca.get(),
       .issuer_key = key_of("ca"),
       .serial = serial,
       .extensions = {{"keyUsage", "critical," + usage}, {"subjectKeyIdentifier", "hash"}}});
  X509* borrowed = certificate.get();
  return {std::move(certificate), {borrowed, key_of(name)}};
}
Made self_signed(const std::string& name, const std::string& serial) {
  CertificatePtr certificate = make_certificate({.key = key_of(name),
                                                 .common_name = name,
                                                 .serial = serial,
                                                 .extensions = {{"subjectKeyIdentifier", "hash"}}});
  X509* borrowed = certificate.get();
  return {std::move(certificate), {borrowed, key_of(name)}};
}

}  // namespace

Buffer encrypted_content(const EVP_CIPHER* cipher, Bytes key, Bytes iv, Bytes plain) {
  const CipherContextPtr context(made(EVP_CIPHER_CTX_new()));
  done(EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), iv.data()));
  Buffer output(plain.size() + 32);
  int first = 0;
  int last = 0;
  done(EVP_EncryptUpdate(context.get(), output.data(), &first, plain.data(),
                         static_cast<int>(plain.size())));
  done(EVP_EncryptFinal_ex(context.get(), output.data() + first, &last));
  output.resize(static_cast<std::size_t>(first + last));
  return output;
}

const Party& ra_encryption() {
  static const Made ra = issued("RA encryption", "1000", "keyEncipherment");
  return ra.party;
}
const Party& ra_signing() {
  static const Made ra = issued("RA signing", "1001", "digitalSignature");
  return ra.party;
}
const Party& device() {
  static const Made device = self_signed("device", "7");
  return device.party;
}
const Party& ec_device() {
  static const CertificatePtr certificate =
      make_certificate({.key = key_of("EC device", "ec:P-256"), .common_name = "EC device"});
  static const Party party{certificate.get(), key_of("EC device", "ec:P-256")};
  return party;
}

const Party& another_device() {
  static const Made device = self_signed("another device", "8");
  return device.party;
}

Buffer certificate_of(const Party& party) {
  return der_of_certificate(party.certificate);
}

Node issuer_and_serial(X509* certificate) {
  return sequence({verbatim(der_of(X509_get_issuer_name(certificate), i2d_X509_NAME)),
                   verbatim(der_of(X509_get_serialNumber(certificate), i2d_ASN1_INTEGER))});
}

static Node enveloped_data(const EnvelopeWish& wish) {
  const EVP_CIPHER* cipher = cipher_named(wish.cipher);
  const Buffer key = random_octets(static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)));
  const Buffer iv = random_octets(static_cast<std::size_t>(EVP_CIPHER_get_iv_length(cipher)));
  Buffer ciphertext = encrypted_content(cipher, key, iv, wish.plaintext);
  if (wish.spoil_ciphertext) wish.spoil_ciphertext(ciphertext);

  std::vector<Node> recipients;
  for (const RecipientWish& recipient : wish.recipients)
    recipients.push_back(recipient_info(recipient, wish.content_key ? *wish.content_key : key));

  const std::string usual_oid = [&] {
    char text[64];
    const ObjectPtr object(OBJ_nid2obj(EVP_CIPHER_get_nid(cipher)));
    return std::string(text,
                       static_cast<std::size_t>(OBJ_obj2txt(text, sizeof text, object.get(), 1)));
  }();
  std::vector<Node> cipher_algorithm =
      wish.cipher_parameters.value_or(std::vector<Node>{octets(iv)});
  cipher_algorithm.insert(cipher_algorithm.begin(), oid(wish.cipher_oid.value_or(usual_oid)));
  // [0] IMPLICIT OCTET STRING: in pieces it is constructed.
  const Node usual_ciphertext =
      wish.form == Form::der ? leaf(0x80, ciphertext) : constructed(0xa0, {octets(ciphertext)});
  std::vector<Node> content{oid(wish.content_type), sequence(cipher_algorithm)};
  if (wish.with_ciphertext) content.push_back(wish.ciphertext.value_or(usual_ciphertext));
  std::vector<Node> fields{integer(wish.version), set(recipients), sequence(content)};
  fields.insert(fields.end(), wish.behind.begin(), wish.behind.end());
  return sequence(fields);
}

Buffer make_envelope(const EnvelopeWish& wish) {
  return encoded(sequence({oid(wish.type), tagged(0, {enveloped_data(wish)})}), wish.form);
}
Buffer make_envelope_fields(const EnvelopeWish& wish) {
  return encoded(enveloped_data(wish), wish.form);
}

}  // namespace scep_ra::test
