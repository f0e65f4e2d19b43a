#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/bytes.h"

// OpenSSL as the independent judge: what another implementation reads and writes.
namespace scep_ra::test {

template <auto free_function>
struct Release {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
inline void free_octets(unsigned char* octets) {
  OPENSSL_free(octets);
}

using Octets = std::unique_ptr<unsigned char, Release<free_octets>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free_all>>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, Release<CMS_ContentInfo_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Release<X509_REQ_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Release<X509_NAME_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Release<ASN1_OBJECT_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;

inline std::string openssl_error() {
  char text[256] = "no reason given";
  if (const auto code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

// For the steps of making something: a test that cannot make its message has failed.
template <class T>
T* made(T* object) {
  if (!object) throw std::runtime_error(openssl_error());
  return object;
}
inline void done(int result) {
  if (result <= 0) throw std::runtime_error(openssl_error());
}

// DER of an OpenSSL object, by its i2d function.
template <class T>
Buffer der_of(T* object, auto encode) {
  unsigned char* octets = nullptr;
  const int size = encode(object, &octets);
  done(size);
  const Octets owner(octets);
  return {octets, octets + size};
}

// An object out of exactly these octets, by its d2i function; null otherwise.
template <class T>
T* object_of(Bytes der, auto decode, auto release) {
  const unsigned char* next = der.data();
  T* object = decode(nullptr, &next, static_cast<long>(der.size()));
  ERR_clear_error();
  if (object && next != der.data() + der.size()) {
    release(object);
    return nullptr;
  }
  return object;
}

inline CertificatePtr openssl_certificate(Bytes der) {
  return CertificatePtr(object_of<X509>(der, d2i_X509, X509_free));
}

inline BioPtr reading(Bytes octets) {
  return BioPtr(made(BIO_new_mem_buf(octets.empty() ? "" : static_cast<const void*>(octets.data()),
                                     static_cast<int>(octets.size()))));
}
inline Buffer written(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return to_buffer(as_bytes({data, static_cast<std::size_t>(size)}));
}

inline std::string pem_of_key(EVP_PKEY* key) {
  const BioPtr memory(made(BIO_new(BIO_s_mem())));
  done(PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
  return to_string(written(memory.get()));
}

inline EVP_PKEY* new_key(const std::string& type) {
  if (type.starts_with("rsa:"))
    return made(EVP_RSA_gen(static_cast<unsigned>(std::stoul(type.substr(4)))));
  if (type.starts_with("ec:")) return made(EVP_EC_gen(type.substr(3).c_str()));
  if (type == "ed25519") return made(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const KeyContextPtr parameters(made(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr)));
  done(EVP_PKEY_paramgen_init(parameters.get()));
  done(EVP_PKEY_CTX_set_dsa_paramgen_bits(parameters.get(), 1024));
  EVP_PKEY* shared = nullptr;
  done(EVP_PKEY_paramgen(parameters.get(), &shared));
  const KeyPtr owner(shared);
  const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_pkey(nullptr, shared, nullptr)));
  done(EVP_PKEY_keygen_init(context.get()));
  EVP_PKEY* key = nullptr;
  done(EVP_PKEY_keygen(context.get(), &key));
  return key;
}

// A key of "rsa:2048", "ec:P-256", "ed25519" or "dsa", made once a process for each owner.
inline EVP_PKEY* key_of(const std::string& owner, const std::string& type = "rsa:2048") {
  static std::map<std::string, KeyPtr> keys;
  auto& key = keys[owner + " " + type];
  if (!key) key.reset(new_key(type));
  return key.get();
}

}  // namespace scep_ra::test
