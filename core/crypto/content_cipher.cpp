#include "crypto/content_cipher.h"

#include "crypto/constant_time.h"
#include "crypto/library_handles.h"

namespace scep_ra::crypto {
namespace {

struct Sizes {
  std::size_t key, block;
};

Sizes sizes_of(Cipher cipher) noexcept {
  switch (cipher) {
    case Cipher::des_cbc:
      return {8, 8};
    case Cipher::des_ede3_cbc:
      return {24, 8};
    case Cipher::aes128_cbc:
      return {16, 16};
    case Cipher::aes192_cbc:
      return {24, 16};
    case Cipher::aes256_cbc:
      return {32, 16};
  }
  return {0, 0};
}

enum class Direction : std::uint8_t { decrypt = 0, encrypt = 1 };
enum class AddPadding : std::uint8_t { no = 0, yes = 1 };

// Empty: it did not work, for a reason nobody is told.
// OpenSSL's way of taking padding off shows in its time whether there was any: it only adds some.
std::optional<Secret> run(const Library& library, Direction direction, AddPadding padding,
                          Cipher cipher, const Secret& key, Bytes iv, Bytes input) {
  const EVP_CIPHER* method = library->handles().cipher(cipher);
  const Sizes sizes = sizes_of(cipher);
  if (!method || key.size() != sizes.key || iv.size() != sizes.block) return std::nullopt;
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  Secret output = Secret::zeros(input.size() + sizes.block);
  int first = 0;
  int last = 0;
  const bool done = context &&
                    EVP_CipherInit_ex2(context.get(), method, key.reveal().data(), iv.data(),
                                       static_cast<int>(direction), nullptr) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context.get(), static_cast<int>(padding)) == 1 &&
                    EVP_CipherUpdate(context.get(), output.writable().data(), &first, input.data(),
                                     static_cast<int>(input.size())) == 1 &&
                    EVP_CipherFinal_ex(context.get(), output.writable().data() + first, &last) == 1;
  clear_errors();
  if (!done) return std::nullopt;
  return Secret(
      output.reveal().first(static_cast<std::size_t>(first) + static_cast<std::size_t>(last)));
}

// The octets before the padding (RFC 5652, 6.3); empty when it is none. `blocks` is at least one.
std::optional<std::size_t> size_without_padding(Bytes blocks, std::size_t block) {
  using namespace constant_time;
  const std::uint32_t padding = blocks.back();
  Mask good = ~is_zero(padding) & is_less(padding, static_cast<std::uint32_t>(block) + 1);
  for (std::uint32_t at = 1; at <= block; ++at)
    good &= ~is_less(at, padding + 1) | is_equal(blocks[blocks.size() - at], padding);
  return good ? std::optional(blocks.size() - padding) : std::nullopt;
}

}  // namespace

std::size_t key_size(Cipher cipher) noexcept {
  return sizes_of(cipher).key;
}
std::size_t block_size(Cipher cipher) noexcept {
  return sizes_of(cipher).block;
}

Result<Buffer> encrypt_content(const Library& library, Cipher cipher, const Secret& key, Bytes iv,
                               Bytes plaintext) {
  const auto encrypted =
      run(library, Direction::encrypt, AddPadding::yes, cipher, key, iv, plaintext);
  if (!encrypted) return fail(Errc::internal, Reason::internal_error, "content encryption failed");
  return to_buffer(encrypted->reveal());
}

Result<Secret> decrypt_content(const Library& library, Cipher cipher, const Secret& key, Bytes iv,
                               Bytes ciphertext) {
  const auto blocks = run(library, Direction::decrypt, AddPadding::no, cipher, key, iv, ciphertext);
  const auto size = blocks && blocks->size() > 0
                        ? size_without_padding(blocks->reveal(), block_size(cipher))
                        : std::nullopt;
  if (!size)
    return fail(Errc::bad_message_check, Reason::envelope_unreadable, "the envelope does not open");
  return Secret(blocks->reveal().first(*size));
}

Result<Buffer> encrypt_blocks(const Library& library, Cipher cipher, const Secret& key, Bytes iv,
                              Bytes blocks) {
  const auto encrypted = run(library, Direction::encrypt, AddPadding::no, cipher, key, iv, blocks);
  if (!encrypted) return fail(Errc::internal, Reason::internal_error, "not whole blocks");
  return to_buffer(encrypted->reveal());
}

Result<Secret> decrypt_blocks(const Library& library, Cipher cipher, const Secret& key, Bytes iv,
                              Bytes blocks) {
  auto plain = run(library, Direction::decrypt, AddPadding::no, cipher, key, iv, blocks);
  if (!plain) return fail(Errc::bad_message_check, Reason::envelope_unreadable, "not whole blocks");
  return *std::move(plain);
}

}  // namespace scep_ra::crypto
