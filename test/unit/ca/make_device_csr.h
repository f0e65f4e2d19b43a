#pragma once

#include "make_certificate.h"

namespace scep_ra::test {

// A PKCS#10 as another implementation writes it: OpenSSL's X509_REQ.
struct DeviceCsrWish {
  EVP_PKEY* key = key_of("csr device");
  std::string common_name = "device-1";  // empty: the subject is empty
  std::vector<std::pair<std::string, std::string>> extensions =
      {};                     // OpenSSL's configuration syntax
  std::string password = {};  // challengePassword; empty: none
  const char* digest = "SHA256";
};

inline void add_requested_extensions(X509_REQ* request, const DeviceCsrWish& wish) {
  if (wish.extensions.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, nullptr, request, nullptr, 0);
  STACK_OF(X509_EXTENSION)* all = sk_X509_EXTENSION_new_null();
  for (const auto& [name, value] : wish.extensions)
    sk_X509_EXTENSION_push(all,
                           made(X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str())));
  const int added = X509_REQ_add_extensions(request, all);
  sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
  done(added);
}

inline Buffer make_device_csr(const DeviceCsrWish& wish) {
  const RequestPtr request(made(X509_REQ_new()));
  const auto octets = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.c_str());
  };
  if (!wish.common_name.empty())
    done(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                                    octets(wish.common_name), -1, -1, 0));
  done(X509_REQ_set_pubkey(request.get(), wish.key));
  add_requested_extensions(request.get(), wish);
  if (!wish.password.empty())
    done(X509_REQ_add1_attr_by_NID(request.get(), NID_pkcs9_challengePassword,
                                   V_ASN1_PRINTABLESTRING, octets(wish.password),
                                   static_cast<int>(wish.password.size())));
  done(X509_REQ_sign(request.get(), wish.key, made(EVP_get_digestbyname(wish.digest))));
  return der_of(request.get(), i2d_X509_REQ);
}

}  // namespace scep_ra::test
