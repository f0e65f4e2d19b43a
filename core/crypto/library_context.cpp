#include "crypto/library_context.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <span>

#include "crypto/library_handles.h"

namespace scep_ra::crypto {
namespace {

class LibraryRandom final : public Random {
 public:
  explicit LibraryRandom(OSSL_LIB_CTX* library) : library_(library) {}
  void fill(std::span<std::uint8_t> octets) override {
    // Going on with octets that are not random would hand out guessable passwords and serials.
    if (RAND_bytes_ex(library_, octets.data(), octets.size(), 0) != 1) std::abort();
  }

 private:
  OSSL_LIB_CTX* library_;
};

}  // namespace

LibraryContext::LibraryContext(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
LibraryContext::~LibraryContext() = default;

Result<std::shared_ptr<const LibraryContext>> LibraryContext::open(Legacy legacy) {
  const auto failure = [](const char* what) {
    return fail(Errc::config, Reason::configuration_invalid, what + (": " + drained_errors()));
  };
  auto handles = std::make_unique<Handles>();
  handles->library.reset(OSSL_LIB_CTX_new());
  OSSL_LIB_CTX* library = handles->library.get();
  if (!library) return failure("cannot make an OpenSSL library context");
  handles->default_provider.reset(OSSL_PROVIDER_load(library, "default"));
  if (!handles->default_provider) return failure("cannot load OpenSSL's default provider");
  if (legacy == Legacy::yes) {
    handles->legacy_provider.reset(OSSL_PROVIDER_load(library, "legacy"));
    if (!handles->legacy_provider) return failure("cannot load OpenSSL's legacy provider");
  }
  constexpr const char* digest_names[] = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"};
  constexpr const char* cipher_names[] = {"DES-CBC", "DES-EDE3-CBC", "AES-128-CBC", "AES-192-CBC",
                                          "AES-256-CBC"};
  for (std::size_t at = 0; at < handles->digests.size(); ++at)
    handles->digests[at].reset(EVP_MD_fetch(library, digest_names[at], nullptr));
  for (std::size_t at = 0; at < handles->ciphers.size(); ++at)
    handles->ciphers[at].reset(EVP_CIPHER_fetch(library, cipher_names[at], nullptr));
  const auto is_there = [](const auto& method) { return method != nullptr; };
  const auto all_ciphers_but_des = std::span(handles->ciphers).subspan(1);
  if (!std::ranges::all_of(handles->digests, is_there) ||
      !std::ranges::all_of(all_ciphers_but_des, is_there))
    return failure("OpenSSL lacks a digest or a cipher that SCEP needs");
  handles->hmac.reset(EVP_MAC_fetch(library, "HMAC", nullptr));
  if (!handles->hmac) return failure("OpenSSL lacks HMAC");
  handles->random = std::make_unique<LibraryRandom>(library);
  clear_errors();
  return std::shared_ptr<const LibraryContext>(new LibraryContext(std::move(handles)));
}

void end_thread() noexcept {
  OPENSSL_thread_stop();
}

ossl_lib_ctx_st* LibraryContext::get() const {
  return handles_->library.get();
}
Random& LibraryContext::random() const {
  return *handles_->random;
}

Buffer LibraryContext::digest(Digest which, Bytes message) const {
  Buffer value(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  const EVP_MD* method = handles_->digest(which);
  if (!method ||
      EVP_Digest(message.data(), message.size(), value.data(), &size, method, nullptr) != 1)
    std::abort();  // only out of memory, or a provider without what `open` found in it
  value.resize(size);
  return value;
}

Buffer LibraryContext::mac(Bytes key, Bytes message) const {
  Buffer value(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  const MacContextPtr context(EVP_MAC_CTX_new(handles_->hmac.get()));
  if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), parameters) != 1 ||
      EVP_MAC_update(context.get(), message.data(), message.size()) != 1 ||
      EVP_MAC_final(context.get(), value.data(), &size, value.size()) != 1)
    std::abort();  // only out of memory
  value.resize(size);
  return value;
}

}  // namespace scep_ra::crypto
