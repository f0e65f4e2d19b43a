#include "policy/make_csr.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <map>
#include <memory>
#include <stdexcept>

namespace scep_ra::test {

namespace {

using RequestPtr = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;

template <class T>
T* made(T* object) {
  if (object) return object;
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  throw std::runtime_error(text);
}

void done(int result) {
  if (result <= 0) made<void>(nullptr);
}

EVP_PKEY* new_key(RequestKey kind) {
  switch (kind) {
    case RequestKey::rsa_1024:
      return made(EVP_RSA_gen(1024));
    case RequestKey::rsa_2048:
      return made(EVP_RSA_gen(2048));
    case RequestKey::rsa_3072:
      return made(EVP_RSA_gen(3072));
    case RequestKey::p256:
      return made(EVP_EC_gen("P-256"));
  }
  return made<EVP_PKEY>(nullptr);
}

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

EVP_PKEY* key_of(RequestKey kind) {
  static std::map<RequestKey, std::unique_ptr<EVP_PKEY, KeyFree>> keys;
  auto& key = keys[kind];
  if (!key) key.reset(new_key(kind));
  return key.get();
}

void add_subject(X509_REQ* request, const std::vector<SubjectPart>& parts) {
  auto* name = X509_REQ_get_subject_name(request);
  for (const auto& part : parts) {
    std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> type(
        made(OBJ_txt2obj(part.keyword.c_str(), 0)), ASN1_OBJECT_free);
    done(X509_NAME_add_entry_by_OBJ(name, type.get(), V_ASN1_UTF8STRING,
                                    reinterpret_cast<const unsigned char*>(part.value.data()),
                                    static_cast<int>(part.value.size()), -1,
                                    part.same_rdn ? -1 : 0));
  }
}

void add_extensions(X509_REQ* request, const std::vector<RequestedExtension>& wanted) {
  if (wanted.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, nullptr, request, nullptr, 0);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  for (const auto& [name, value] : wanted)
    sk_X509_EXTENSION_push(extensions,
                           made(X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str())));
  done(X509_REQ_add_extensions(request, extensions));
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

}  // namespace

MadeRequest make_request(const Wish& wish) {
  RequestPtr request(made(X509_REQ_new()), X509_REQ_free);
  auto* key = key_of(wish.key);
  done(X509_REQ_set_pubkey(request.get(), key));
  add_subject(request.get(), wish.subject);
  add_extensions(request.get(), wish.extensions);
  for (const auto& type : wish.attributes)
    done(X509_REQ_add1_attr_by_txt(request.get(), type.c_str(), V_ASN1_UTF8STRING,
                                   reinterpret_cast<const unsigned char*>("x"), 1));
  done(X509_REQ_sign(request.get(), key, EVP_sha256()));
  unsigned char* octets = nullptr;
  const int size = i2d_X509_REQ(request.get(), &octets);
  done(size);
  const Buffer der(octets, octets + size);
  OPENSSL_free(octets);

  static const auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no);
  auto csr = crypto::Csr::decode(der).value();
  auto public_key = crypto::PublicKey::decode(library.value(), csr.public_key_info()).value();
  return {std::move(csr), std::move(public_key)};
}

}  // namespace scep_ra::test
