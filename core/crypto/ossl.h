#pragma once

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <memory>
#include <string>

#include "scep-ra/error.h"

namespace scep_ra::crypto {

// Owning handles: an OpenSSL object is in one from the line it is made.
template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};
template <class T, auto free_function>
using Owned = std::unique_ptr<T, Free<free_function>>;

using BignumPtr = Owned<BIGNUM, BN_clear_free>;
using CipherPtr = Owned<EVP_CIPHER, EVP_CIPHER_free>;
using CipherContextPtr = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using DigestPtr = Owned<EVP_MD, EVP_MD_free>;
using DigestContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using LibraryPtr = Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using MacPtr = Owned<EVP_MAC, EVP_MAC_free>;
using MacContextPtr = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using ProviderPtr = Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload>;

// Takes all there is out of this thread's error queue, so that the web server's TLS finds it empty.
std::string drained_errors();
void clear_errors() noexcept;

}  // namespace scep_ra::crypto
