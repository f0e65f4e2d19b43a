#pragma once

#include <optional>

#include "openssl.h"
#include "scep/make_envelope.h"

// OpenSSL's CMS API as the judge of messages: what we accept must verify and open here too.
namespace scep_ra::test {

inline CmsPtr openssl_cms(Bytes message) {
  const BioPtr memory = reading(message);
  CmsPtr cms(d2i_CMS_bio(memory.get(), nullptr));
  ERR_clear_error();
  return cms;
}

// The signed content, when the signature is good by a certificate in the message or `signer`.
inline std::optional<Buffer> signed_content(CMS_ContentInfo* cms, X509* signer = nullptr) {
  const BioPtr content(made(BIO_new(BIO_s_mem())));
  STACK_OF(X509)* known = sk_X509_new_null();
  if (signer) sk_X509_push(known, signer);
  const bool detached = CMS_is_detached(cms) == 1;
  const BioPtr nothing = reading({});
  const int good = CMS_verify(cms, known, nullptr, detached ? nothing.get() : nullptr,
                              content.get(), CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY);
  sk_X509_free(known);
  ERR_clear_error();
  if (good != 1) return std::nullopt;
  return written(content.get());
}
inline std::optional<Buffer> signed_content(Bytes message) {
  const CmsPtr cms = openssl_cms(message);
  return cms ? signed_content(cms.get()) : std::nullopt;
}

inline std::optional<Buffer> opened(Bytes envelope, const Party& recipient) {
  const CmsPtr cms = openssl_cms(envelope);
  if (!cms) return std::nullopt;
  const BioPtr content(made(BIO_new(BIO_s_mem())));
  const int good = CMS_decrypt(cms.get(), recipient.key, recipient.certificate, nullptr,
                               content.get(), CMS_BINARY);
  ERR_clear_error();
  if (good != 1) return std::nullopt;
  return written(content.get());
}

// The only value of a signed attribute as OpenSSL reads it; null when it is not exactly one.
inline const ASN1_TYPE* signed_attribute(CMS_SignerInfo* signer, const std::string& type) {
  const ObjectPtr object(made(OBJ_txt2obj(type.c_str(), 1)));
  const int at = CMS_signed_get_attr_by_OBJ(signer, object.get(), -1);
  if (at < 0 || CMS_signed_get_attr_by_OBJ(signer, object.get(), at) >= 0) return nullptr;
  X509_ATTRIBUTE* attribute = CMS_signed_get_attr(signer, at);
  return X509_ATTRIBUTE_count(attribute) == 1 ? X509_ATTRIBUTE_get0_type(attribute, 0) : nullptr;
}

// Its octets with its tag number in front, "19:3"; empty when it is not exactly one.
inline std::string shown_attribute(CMS_SignerInfo* signer, const std::string& type) {
  const ASN1_TYPE* value = signed_attribute(signer, type);
  if (!value) return "";
  const ASN1_STRING* text = value->value.asn1_string;
  return std::to_string(value->type) + ":" +
         to_string(Bytes(ASN1_STRING_get0_data(text),
                         static_cast<std::size_t>(ASN1_STRING_length(text))));
}

inline CMS_SignerInfo* only_signer(CMS_ContentInfo* cms) {
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms);
  return sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : nullptr;
}

// What an envelope to a password holds.
inline std::optional<Buffer> opened_by_password(Bytes envelope, std::string password) {
  const CmsPtr cms = openssl_cms(envelope);
  const BioPtr content(made(BIO_new(BIO_s_mem())));
  const bool good =
      cms &&
      CMS_decrypt_set1_password(cms.get(), reinterpret_cast<unsigned char*>(password.data()),
                                static_cast<ossl_ssize_t>(password.size())) == 1 &&
      CMS_decrypt(cms.get(), nullptr, nullptr, nullptr, content.get(), CMS_BINARY) == 1;
  ERR_clear_error();
  if (!good) return std::nullopt;
  return written(content.get());
}

}  // namespace scep_ra::test
