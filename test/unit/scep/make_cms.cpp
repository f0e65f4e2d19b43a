#include "scep/make_cms.h"

#include "scep/make_message.h"

namespace scep_ra::test {
namespace {

void add_attribute(CMS_SignerInfo* signer, const std::string& type, int value_type, Bytes value) {
  done(CMS_signed_add1_attr_by_txt(signer, type.c_str(), value_type, value.data(),
                                   static_cast<int>(value.size())));
}

Buffer streamed(CMS_ContentInfo* cms, Bytes content, unsigned flags) {
  const BioPtr input = reading(content);
  const BioPtr output(made(BIO_new(BIO_s_mem())));
  done(i2d_CMS_bio_stream(output.get(), cms, input.get(), static_cast<int>(flags)));
  return written(output.get());
}

Buffer envelope(unsigned flags) {
  STACK_OF(X509)* recipients = sk_X509_new_null();
  sk_X509_push(recipients, ra_encryption().certificate);
  const BioPtr input = reading(request_in_messages());
  const CmsPtr cms(made(CMS_encrypt(recipients, input.get(), EVP_aes_128_cbc(), flags)));
  sk_X509_free(recipients);
  return flags & CMS_STREAM ? streamed(cms.get(), request_in_messages(), flags)
                            : der_of(cms.get(), i2d_CMS_ContentInfo);
}

}  // namespace

Buffer request_by_openssl_cms(bool streaming) {
  const unsigned flags = CMS_BINARY | (streaming ? CMS_STREAM : 0U);
  const Buffer content = envelope(flags);
  const CmsPtr cms(made(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags | CMS_PARTIAL)));
  CMS_SignerInfo* signer = made(CMS_add1_signer(cms.get(), device().certificate, device().key,
                                                EVP_sha256(), flags | CMS_NOSMIMECAP));
  add_attribute(signer, attribute::message_type, V_ASN1_PRINTABLESTRING, as_bytes("19"));
  add_attribute(signer, attribute::transaction_id, V_ASN1_PRINTABLESTRING,
                as_bytes(transaction_of_messages));
  add_attribute(signer, attribute::sender_nonce, V_ASN1_OCTET_STRING, nonce_of_messages());
  if (streaming) return streamed(cms.get(), content, flags);
  const BioPtr input = reading(content);
  done(CMS_final(cms.get(), input.get(), nullptr, flags));
  return der_of(cms.get(), i2d_CMS_ContentInfo);
}

}  // namespace scep_ra::test
