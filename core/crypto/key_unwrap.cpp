#include "crypto/key_unwrap.h"

#include <utility>

#include "crypto/constant_time.h"

namespace scep_ra::crypto {
namespace {

using namespace constant_time;

constexpr std::size_t maximum_digest = 64;

Secret select(Mask good, Bytes key, Bytes fallback) {
  Secret chosen = Secret::zeros(key.size());
  for (std::size_t at = 0; at < key.size(); ++at)
    chosen.writable()[at] = static_cast<std::uint8_t>((key[at] & good) | (fallback[at] & ~good));
  return chosen;
}

// EM = 00 02 PS 00 M (RFC 8017, 7.2.2). The length of M is known from the cipher, so every octet
// has its place and nothing is searched for.
Secret take_off_pkcs1(Bytes em, std::size_t key_size, Bytes fallback) {
  const std::size_t separator = em.size() - key_size - 1;
  Mask good = is_zero(em[0]) & is_equal(em[1], 2) & is_zero(em[separator]);
  for (std::size_t at = 2; at < separator; ++at) good &= ~is_zero(em[at]);
  return select(good, em.subspan(separator + 1), fallback);
}

Buffer mask_of(const Library& library, Digest digest, Bytes seed, std::size_t size) {
  Buffer mask;
  mask.reserve(size + maximum_digest);  // a secret leaves no outgrown buffer behind
  for (std::uint32_t counter = 0; mask.size() < size; ++counter) {
    Buffer input;
    input.reserve(seed.size() + 4);
    append(input, seed);
    for (unsigned shift : {24U, 16U, 8U, 0U})
      input.push_back(static_cast<std::uint8_t>(counter >> shift));
    append(mask, library->digest(digest, input));
    wipe(input);
  }
  mask.resize(size);
  return mask;
}

// EM = 00 maskedSeed maskedDB, DB = lHash 00.. 01 M with an empty label (RFC 8017, 7.1.2).
Secret take_off_oaep(const Library& library, Digest digest, Bytes em, std::size_t key_size,
                     Bytes fallback) {
  const Buffer label_hash = library->digest(digest, {});
  const std::size_t hash_size = label_hash.size();
  Secret seed(em.subspan(1, hash_size));
  Secret block(em.subspan(1 + hash_size));
  Secret seed_mask(mask_of(library, digest, block.reveal(), hash_size));
  for (std::size_t at = 0; at < hash_size; ++at) seed.writable()[at] ^= seed_mask.reveal()[at];
  Secret block_mask(mask_of(library, digest, seed.reveal(), block.size()));
  for (std::size_t at = 0; at < block.size(); ++at) block.writable()[at] ^= block_mask.reveal()[at];
  const Bytes data = block.reveal();
  const std::size_t separator = data.size() - key_size - 1;
  Mask good = is_zero(em[0]) & is_equal(data[separator], 1);
  for (std::size_t at = 0; at < hash_size; ++at) good &= is_equal(data[at], label_hash[at]);
  for (std::size_t at = hash_size; at < separator; ++at) good &= is_zero(data[at]);
  return select(good, data.subspan(separator + 1), fallback);
}

// RFC 8017, 7.2.1 and 7.1.1.
std::size_t minimum_padding(KeyTransport transport) {
  switch (transport) {
    case KeyTransport::pkcs1:
      return 11;
    case KeyTransport::oaep_sha1:
      return 2 * 20 + 2;
    case KeyTransport::oaep_sha256:
      return 2 * 32 + 2;
  }
  return 0;
}

}  // namespace

Result<KeyUnwrap> KeyUnwrap::make(const Library& library, PrivateKey key) {
  if (key.public_key().kind() != KeyKind::rsa)
    return fail(Errc::config, Reason::ra_key_unusable, "the key that opens envelopes must be RSA");
  auto fallback_key = key.derive("fallback content key");
  if (!fallback_key) return std::unexpected(std::move(fallback_key).error());
  return KeyUnwrap(library, std::move(key), *std::move(fallback_key));
}

Result<Secret> KeyUnwrap::unwrap(KeyTransport transport, Bytes encrypted_key,
                                 std::size_t key_size) const {
  auto em = key_.raw_decrypt(encrypted_key);
  if (!em) return std::unexpected(std::move(em).error());
  const Secret fallback(library_->mac(fallback_key_.reveal(), encrypted_key));
  const Bytes fallback_octets = fallback.reveal().first(key_size);
  // What the padding takes at least; only a key too short for any use has less.
  if (em->size() < key_size + minimum_padding(transport))
    return fail(Errc::bad_message_check, Reason::envelope_unreadable, "the envelope does not open");
  switch (transport) {
    case KeyTransport::pkcs1:
      return take_off_pkcs1(em->reveal(), key_size, fallback_octets);
    case KeyTransport::oaep_sha1:
      return take_off_oaep(library_, Digest::sha1, em->reveal(), key_size, fallback_octets);
    case KeyTransport::oaep_sha256:
      return take_off_oaep(library_, Digest::sha256, em->reveal(), key_size, fallback_octets);
  }
  return fail(Errc::internal, Reason::internal_error, "unknown key transport");
}

}  // namespace scep_ra::crypto
