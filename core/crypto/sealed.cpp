#include "crypto/sealed.h"

#include "crypto/content_cipher.h"

namespace scep_ra::crypto {
namespace {

constexpr Cipher cipher = Cipher::aes256_cbc;
constexpr std::size_t tag_size = 32;

Secret key_for(const Library& library, const Secret& key, std::string_view purpose) {
  return Secret(library->mac(key.reveal(), as_bytes(purpose)));
}

Buffer tag_of(const Library& library, const Secret& key, Bytes bound_to, Bytes sealed) {
  Buffer covered = to_buffer(library->digest(Digest::sha256, bound_to));
  append(covered, sealed);
  return library->mac(key_for(library, key, "sealed: authenticity").reveal(), covered);
}

std::unexpected<Error> altered() {
  return fail(Errc::internal, Reason::internal_error, "a sealed value cannot be opened");
}

}  // namespace

Result<Buffer> seal(const Library& library, const Secret& key, Bytes bound_to, Bytes plaintext) {
  Buffer sealed = library->random().bytes(block_size(cipher));
  const auto encrypted =
      encrypt_content(library, cipher, key_for(library, key, "sealed: secrecy"), sealed, plaintext);
  if (!encrypted) return std::unexpected(encrypted.error());
  append(sealed, *encrypted);
  append(sealed, tag_of(library, key, bound_to, sealed));
  return sealed;
}

Result<Secret> unseal(const Library& library, const Secret& key, Bytes bound_to, Bytes sealed) {
  const std::size_t iv_size = block_size(cipher);
  if (sealed.size() < iv_size + tag_size) return altered();
  const Bytes covered = sealed.first(sealed.size() - tag_size);
  if (!equal_in_constant_time(sealed.last(tag_size), tag_of(library, key, bound_to, covered)))
    return altered();
  auto plain = decrypt_content(library, cipher, key_for(library, key, "sealed: secrecy"),
                               covered.first(iv_size), covered.subspan(iv_size));
  if (!plain) return altered();
  return plain;
}

}  // namespace scep_ra::crypto
