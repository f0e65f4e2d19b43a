#pragma once

#include <utility>
#include <vector>

#include "openssl.h"

namespace scep_ra::test {

// A certificate as another implementation writes it: OpenSSL's X509.
struct CertificateWish {
  EVP_PKEY* key = nullptr;
  std::string common_name = "device";
  X509* issuer = nullptr;  // null: self-signed
  EVP_PKEY* issuer_key = nullptr;
  long version = 2;          // as encoded: 2 is version 3
  std::string serial = "1";  // decimal, may be negative
  std::vector<std::pair<std::string, std::string>> extensions =
      {};  // OpenSSL's configuration syntax
  const char* digest = "SHA256";
  long valid_from = -3600, valid_until = 86400;  // seconds from now
};

inline void set_serial(X509* certificate, const std::string& decimal) {
  BIGNUM* raw = nullptr;
  done(BN_dec2bn(&raw, decimal.c_str()));
  const std::unique_ptr<BIGNUM, Release<BN_free>> number(raw);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

inline void add_extension(X509* certificate, X509* issuer, const std::string& name,
                          const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> extension(
      made(X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str())));
  done(X509_add_ext(certificate, extension.get(), -1));
}

inline CertificatePtr make_certificate(const CertificateWish& wish) {
  CertificatePtr certificate(made(X509_new()));
  X509* made_here = certificate.get();
  X509* issuer = wish.issuer ? wish.issuer : made_here;
  done(X509_set_version(made_here, wish.version));
  set_serial(made_here, wish.serial);
  if (!wish.common_name.empty())
    done(X509_NAME_add_entry_by_txt(
        X509_get_subject_name(made_here), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0));
  done(X509_set_issuer_name(made_here, X509_get_subject_name(issuer)));
  X509_gmtime_adj(X509_getm_notBefore(made_here), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(made_here), wish.valid_until);
  done(X509_set_pubkey(made_here, wish.key));
  for (const auto& [name, value] : wish.extensions) add_extension(made_here, issuer, name, value);
  const EVP_MD* digest = wish.digest ? made(EVP_get_digestbyname(wish.digest)) : nullptr;
  done(X509_sign(made_here, wish.issuer_key ? wish.issuer_key : wish.key, digest));
  return certificate;
}

inline Buffer der_of_certificate(X509* certificate) {
  return der_of(certificate, i2d_X509);
}

}  // namespace scep_ra::test
