#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "crypto/key.h"
#include "crypto/ossl.h"

namespace scep_ra::crypto {
namespace {

constexpr unsigned trial_limit = 752;
constexpr unsigned fermat_rounds = 110;

using BignumContextPtr = Owned<BN_CTX, BN_CTX_free>;

// Null: out of memory, or a key without one.
BignumPtr modulus_of(const PublicKey& key) {
  BIGNUM* modulus = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &modulus) != 1) modulus = nullptr;
  return BignumPtr(modulus);
}

constexpr bool is_prime(unsigned number) {
  for (unsigned divisor = 2; divisor * divisor <= number; ++divisor)
    if (number % divisor == 0) return false;
  return number > 1;
}

constexpr auto small_primes = [] {
  std::array<unsigned, 133> primes{};
  std::size_t count = 0;
  for (unsigned number = 2; number < trial_limit; ++number)
    if (is_prime(number)) primes[count++] = number;
  return primes;
}();
static_assert(small_primes.back() == 751);

bool has_small_factor(const BIGNUM* modulus) {
  return std::ranges::any_of(small_primes,
                             [&](unsigned prime) { return BN_mod_word(modulus, prime) == 0; });
}

// The exponents x with 65537^x = number modulo a prime are `least` and every `order` on from there.
struct Logarithm {
  unsigned least, order;
};

std::optional<Logarithm> logarithm(unsigned number, unsigned prime) {
  std::optional<unsigned> least;
  unsigned exponent = 0;
  unsigned power = 1;
  do {
    if (power == number && !least) least = exponent;
    power = power * (65537 % prime) % prime;
    ++exponent;
  } while (power != 1);
  if (!least) return std::nullopt;
  return Logarithm{*least, exponent};
}

// Nemec and others, "The Return of Coppersmith's Attack" (CCS 2017), section 2: each prime of such
// a key, and so the modulus, is a power of 65537 modulo the product of the first primes, 39 of them
// for the shortest keys. There is one exponent for all of them where any two agree.
bool is_of_roca(const BIGNUM* modulus) {
  std::vector<Logarithm> logarithms;
  for (const unsigned prime : small_primes) {
    if (prime == 2) continue;
    if (prime > 167) break;
    const auto found = logarithm(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime);
    if (!found) return false;
    for (const Logarithm& other : logarithms) {
      const unsigned common = std::gcd(found->order, other.order);
      if (found->least % common != other.least % common) return false;
    }
    logarithms.push_back(*found);
  }
  return true;
}

// The largest number whose square is not above `number`, by Newton's method from above.
bool square_root(BIGNUM* root, const BIGNUM* number, BN_CTX* context) {
  const BignumPtr quotient(BN_new());
  BN_zero(root);
  if (!quotient || BN_set_bit(root, (BN_num_bits(number) + 1) / 2) != 1) return false;
  while (BN_div(quotient.get(), nullptr, number, root, context) == 1) {
    if (BN_cmp(quotient.get(), root) >= 0) return true;
    if (BN_add(root, root, quotient.get()) != 1 || BN_rshift1(root, root) != 1) return false;
  }
  return false;
}

// One number in 84 is a square modulo all of these; only then a root is worth its time.
bool may_be_square(const BIGNUM* number) {
  constexpr auto squares_modulo = [](unsigned modulus) {
    std::array<bool, 65> squares{};
    for (unsigned root = 0; root < modulus; ++root) squares[root * root % modulus] = true;
    return squares;
  };
  constexpr auto of_64 = squares_modulo(64);
  constexpr auto of_63 = squares_modulo(63);
  constexpr auto of_65 = squares_modulo(65);
  constexpr auto of_11 = squares_modulo(11);
  const auto rest = static_cast<unsigned>(BN_mod_word(number, 64UL * 63));
  if (!of_64[rest % 64] || !of_63[rest % 63]) return false;
  const auto other = static_cast<unsigned>(BN_mod_word(number, 65UL * 11));
  return of_65[other % 65] && of_11[other % 11];
}

// Empty: it could not be computed.
std::optional<bool> is_square(const BIGNUM* number, BN_CTX* context) {
  if (BN_is_zero(number)) return true;
  if (!may_be_square(number)) return false;
  const BignumPtr root(BN_new());
  const BignumPtr square(BN_new());
  if (!root || !square || !square_root(root.get(), number, context) ||
      BN_sqr(square.get(), root.get(), context) != 1)
    return std::nullopt;
  return BN_cmp(square.get(), number) == 0;
}

// n = a^2 - b^2 = (a + b)(a - b), tried with a from the root of n upwards. Empty: it could not be
// computed.
std::optional<bool> has_close_primes(const BIGNUM* modulus) {
  const BignumContextPtr context(BN_CTX_new());
  const BignumPtr a(BN_new());
  const BignumPtr square(BN_new());
  if (!context || !a || !square || !square_root(a.get(), modulus, context.get()))
    return std::nullopt;
  for (unsigned round = 0; round <= fermat_rounds; ++round) {
    if (BN_sqr(square.get(), a.get(), context.get()) != 1 ||
        BN_sub(square.get(), square.get(), modulus) != 1 || BN_add_word(a.get(), 1) != 1)
      return std::nullopt;
    if (BN_is_negative(square.get())) continue;
    const auto found = is_square(square.get(), context.get());
    if (found != false) return found;
  }
  return false;
}

// What nobody could examine is not certified (threats rule 1).
std::string_view weakness_of(const BIGNUM* modulus) {
  constexpr std::string_view unexamined = "it could not be examined";
  if (!modulus) return unexamined;
  if (has_small_factor(modulus)) return "it has a factor below 752";
  if (is_of_roca(modulus)) return "its primes are those of CVE-2017-15361 (ROCA)";
  const auto close_primes = has_close_primes(modulus);
  if (!close_primes) return unexamined;
  return *close_primes ? "its primes are too close to each other" : "";
}

}  // namespace

std::string_view weakness(const PublicKey& key) {
  if (key.kind() != KeyKind::rsa) return {};
  const std::string_view found = weakness_of(modulus_of(key).get());
  clear_errors();
  return found;
}

Buffer modulus(const PublicKey& key) {
  const BignumPtr number = modulus_of(key);
  clear_errors();  // an EC key has none
  if (!number) return {};
  Buffer octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), octets.data());
  return octets;
}

}  // namespace scep_ra::crypto
