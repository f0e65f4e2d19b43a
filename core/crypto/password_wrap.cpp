#include "crypto/password_wrap.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include <algorithm>

#include "crypto/content_cipher.h"
#include "crypto/library_handles.h"

namespace scep_ra::crypto {
namespace {

using KdfPtr = Owned<EVP_KDF, EVP_KDF_free>;
using KdfContextPtr = Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;

constexpr std::uint32_t usual_iterations = 10'000;
constexpr std::size_t salt_size = 16;
constexpr std::size_t check_octets = 3;

std::unexpected<Error> does_not_open() {
  return fail(Errc::bad_message_check, Reason::envelope_unreadable,
              "the envelope does not open with the password");
}

Result<Secret> key_of(const Library& library, const PasswordWrap& wrap, Bytes password) {
  Secret key = Secret::zeros(key_size(wrap.cipher));
  Buffer salt = wrap.salt;
  Secret words(password);
  std::uint32_t iterations = wrap.iterations;
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, words.writable().data(),
                                        words.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &iterations),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  const KdfPtr method(EVP_KDF_fetch(library->get(), "PBKDF2", nullptr));
  const KdfContextPtr context(method ? EVP_KDF_CTX_new(method.get()) : nullptr);
  if (!context || EVP_KDF_derive(context.get(), key.writable().data(), key.size(), parameters) != 1)
    return fail(Errc::internal, Reason::internal_error, "PBKDF2: " + drained_errors());
  return key;
}

// RFC 3211, 2.3.1: length, three check octets, the key, random padding to two blocks at least.
Secret framed(const Library& library, const Secret& content_key, std::size_t block) {
  const std::size_t used = 1 + check_octets + content_key.size();
  const std::size_t size = std::max(2 * block, (used + block - 1) / block * block);
  Secret frame(library->random().bytes(size));
  frame.writable()[0] = static_cast<std::uint8_t>(content_key.size());
  for (std::size_t at = 0; at < check_octets; ++at)
    frame.writable()[1 + at] = static_cast<std::uint8_t>(~content_key.reveal()[at]);
  std::ranges::copy(content_key.reveal(), frame.writable().begin() + 1 + check_octets);
  return frame;
}

Result<Secret> unframed(const Secret& frame) {
  const Bytes octets = frame.reveal();
  const std::size_t size = octets[0];
  if (size < check_octets || 1 + check_octets + size > octets.size()) return does_not_open();
  const Bytes key = octets.subspan(1 + check_octets, size);
  for (std::size_t at = 0; at < check_octets; ++at)
    if ((octets[1 + at] ^ key[at]) != 0xff) return does_not_open();
  return Secret(key);
}

}  // namespace

Result<PasswordWrap> wrap_with_password(const Library& library, Cipher cipher, Bytes password,
                                        const Secret& content_key) {
  const std::size_t block = block_size(cipher);
  PasswordWrap wrap{.cipher = cipher,
                    .salt = library->random().bytes(salt_size),
                    .iv = library->random().bytes(block),
                    .wrapped_key = {},
                    .iterations = usual_iterations};
  const auto key = key_of(library, wrap, password);
  if (!key) return std::unexpected(key.error());
  const Secret frame = framed(library, content_key, block);
  const auto once = encrypt_blocks(library, cipher, *key, wrap.iv, frame.reveal());
  if (!once) return std::unexpected(once.error());
  auto twice = encrypt_blocks(library, cipher, *key, Bytes(*once).last(block), *once);
  if (!twice) return std::unexpected(std::move(twice).error());
  wrap.wrapped_key = *std::move(twice);
  return wrap;
}

Result<Secret> unwrap_with_password(const Library& library, const PasswordWrap& wrap,
                                    Bytes password) {
  const std::size_t block = block_size(wrap.cipher);
  const Bytes wrapped = wrap.wrapped_key;
  if (wrap.iv.size() != block || wrapped.size() < 2 * block || wrapped.size() % block != 0 ||
      wrap.iterations == 0 || wrap.iterations > maximum_iterations)
    return does_not_open();
  const auto key = key_of(library, wrap, password);
  if (!key) return std::unexpected(key.error());
  // RFC 3211, 2.3.2: the last block of the first pass was the IV of the second.
  const auto last =
      decrypt_blocks(library, wrap.cipher, *key, wrapped.subspan(wrapped.size() - 2 * block, block),
                     wrapped.last(block));
  if (!last) return does_not_open();
  const auto once = decrypt_blocks(library, wrap.cipher, *key, last->reveal(), wrapped);
  if (!once) return does_not_open();
  const auto frame = decrypt_blocks(library, wrap.cipher, *key, wrap.iv, once->reveal());
  if (!frame) return does_not_open();
  return unframed(*frame);
}

}  // namespace scep_ra::crypto
