#include "asn1/der_form.h"
#include "asn1/writer.h"
#include "crypto/password_wrap.h"
#include "scep/encrypted_content.h"
#include "scep/enveloped_data.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

constexpr std::uint32_t envelope_version = 3;  // RFC 5652, 6.1: there is a PasswordRecipientInfo
constexpr unsigned password_recipient = 3;     // its tag among the RecipientInfos

// With an AES key as long as the content's; 3DES and DES are only for who can do nothing else.
crypto::Cipher key_cipher(crypto::Cipher content) {
  if (content == crypto::Cipher::aes256_cbc || content == crypto::Cipher::aes192_cbc)
    return content;
  return crypto::Cipher::aes128_cbc;
}

Buffer algorithm(const asn1::Oid& type, Bytes parameters) {
  return asn1::sequence({asn1::oid_element(type), parameters});
}

// PasswordRecipientInfo ::= SEQUENCE { version, [0] keyDerivationAlgorithm, keyEncryptionAlgorithm,
// encryptedKey } (RFC 5652, 6.2.4), its algorithms PBKDF2 and id-alg-PWRI-KEK (RFC 3211).
Buffer recipient_info(const crypto::PasswordWrap& wrap) {
  const Buffer derivation = asn1::sequence({asn1::octets(wrap.salt), asn1::integer(wrap.iterations),
                                            asn1::algorithm(oid::hmac_with_sha256)});
  const Buffer encryption = algorithm(crypto::oid_of(wrap.cipher), asn1::octets(wrap.iv));
  return asn1::element(
      tag::context_constructed(password_recipient),
      {asn1::integer(0U),
       asn1::element(tag::context_constructed(0), {asn1::oid_element(oid::pbkdf2), derivation}),
       algorithm(oid::pwri_kek, encryption), asn1::octets(wrap.wrapped_key)});
}

void expect(asn1::Reader& reader, const asn1::Oid& type) {
  if (reader.oid() != type) reader.fault().set("another algorithm");
}

crypto::PasswordWrap read_recipient_info(asn1::Reader info) {
  crypto::PasswordWrap wrap;
  info.small_unsigned();
  asn1::Reader derivation = info.enter(tag::context_constructed(0));
  expect(derivation, oid::pbkdf2);
  asn1::Reader parameters = derivation.enter(tag::sequence);
  derivation.end();
  wrap.salt = to_buffer(parameters.octets());
  wrap.iterations = parameters.small_unsigned();
  asn1::Reader function = parameters.enter(tag::sequence);
  parameters.end();
  expect(function, oid::hmac_with_sha256);
  asn1::Reader encryption = info.enter(tag::sequence);
  expect(encryption, oid::pwri_kek);
  asn1::Reader cipher = encryption.enter(tag::sequence);
  encryption.end();
  const auto known = crypto::cipher_of(cipher.oid());
  if (!known) info.fault().set("another cipher");
  wrap.cipher = known.value_or(crypto::Cipher::aes128_cbc);
  wrap.iv = to_buffer(cipher.octets());
  cipher.end();
  wrap.wrapped_key = to_buffer(info.octets());
  info.end();
  return wrap;
}

}  // namespace

Result<Buffer> write_enveloped_data(const crypto::Library& library, Bytes plaintext,
                                    crypto::Cipher cipher, Bytes password) {
  const Secret key(library->random().bytes(crypto::key_size(cipher)));
  const Buffer iv = library->random().bytes(crypto::block_size(cipher));
  const auto wrap = crypto::wrap_with_password(library, key_cipher(cipher), password, key);
  if (!wrap) return std::unexpected(wrap.error());
  const auto ciphertext = crypto::encrypt_content(library, cipher, key, iv, plaintext);
  if (!ciphertext) return std::unexpected(ciphertext.error());
  return write_enveloped_data(envelope_version, recipient_info(*wrap), cipher, iv, *ciphertext);
}

Result<Secret> open_with_password(const crypto::Library& library, Bytes ber,
                                  const AlgorithmPolicy& policy, Bytes password) {
  const auto form = asn1::to_der(ber);
  if (!form || form->consumed != ber.size()) return envelope_unreadable("no EnvelopedData");
  asn1::Fault fault;
  asn1::Reader reader(form->der, fault);
  asn1::Reader content_info = reader.enter(tag::sequence);
  expect(content_info, oid::enveloped_data);
  asn1::Reader typed = content_info.enter(tag::context_constructed(0));
  content_info.end();
  asn1::Reader fields = typed.enter(tag::sequence);
  typed.end();
  fields.small_unsigned();
  asn1::Reader recipients = fields.enter(tag::set);
  const crypto::PasswordWrap wrap =
      read_recipient_info(recipients.enter(tag::context_constructed(password_recipient)));
  recipients.end();
  const EncryptedContent content = read_encrypted_content(fields.enter(tag::sequence));
  fields.end();
  if (fault) return envelope_unreadable("not an envelope to one password");
  const auto cipher = check_encrypted_content(content, policy);
  if (!cipher) return std::unexpected(cipher.error());
  const auto key = crypto::unwrap_with_password(library, wrap, password);
  if (!key) return std::unexpected(key.error());
  return crypto::decrypt_content(library, *cipher, *key, *content.iv, content.ciphertext);
}

}  // namespace scep_ra::scep
