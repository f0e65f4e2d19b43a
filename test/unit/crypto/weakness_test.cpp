#include <openssl/bn.h>

#include "asn1/writer.h"
#include "catch.h"
#include "crypto/key.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;

namespace {

using NumberPtr = std::unique_ptr<BIGNUM, Release<BN_free>>;
using NumberContextPtr = std::unique_ptr<BN_CTX, Release<BN_CTX_free>>;

BN_CTX* context() {
  static const NumberContextPtr one(made(BN_CTX_new()));
  return one.get();
}

NumberPtr number(BN_ULONG value = 0) {
  NumberPtr made_number(made(BN_new()));
  done(BN_set_word(made_number.get(), value));
  return made_number;
}

NumberPtr product(const NumberPtr& a, const NumberPtr& b) {
  NumberPtr result = number();
  done(BN_mul(result.get(), a.get(), b.get(), context()));
  return result;
}

NumberPtr prime_of(int bits) {
  NumberPtr prime = number();
  done(BN_generate_prime_ex(prime.get(), bits, 0, nullptr, nullptr, nullptr));
  return prime;
}

NumberPtr next_prime(const NumberPtr& odd) {
  NumberPtr next(made(BN_dup(odd.get())));
  do {
    done(BN_add_word(next.get(), 2));
  } while (BN_check_prime(next.get(), context(), nullptr) != 1);
  return next;
}

// k * M + 65537^a mod M, M the product of the first 126 primes, as Infineon's library made them.
NumberPtr roca_prime(int bits) {
  NumberPtr primorial = number(1);
  unsigned primes = 0;
  for (BN_ULONG candidate = 2; primes < 126; ++candidate)
    if (BN_check_prime(number(candidate).get(), context(), nullptr) == 1) {
      done(BN_mul_word(primorial.get(), candidate));
      ++primes;
    }
  const NumberPtr power = number();
  const NumberPtr exponent = number();
  NumberPtr prime = number();
  do {
    done(BN_rand(exponent.get(), 250, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY));
    done(BN_mod_exp(power.get(), number(65537).get(), exponent.get(), primorial.get(), context()));
    done(BN_rand(prime.get(), bits - BN_num_bits(primorial.get()), BN_RAND_TOP_TWO,
                 BN_RAND_BOTTOM_ANY));
    done(BN_mul(prime.get(), prime.get(), primorial.get(), context()));
    done(BN_add(prime.get(), prime.get(), power.get()));
  } while (BN_check_prime(prime.get(), context(), nullptr) != 1);
  return prime;
}

std::string weakness_of(const NumberPtr& modulus) {
  Buffer octets(static_cast<std::size_t>(BN_num_bytes(modulus.get())));
  BN_bn2bin(modulus.get(), octets.data());
  if (octets.front() & 0x80) octets.insert(octets.begin(), 0);
  const Buffer numbers = asn1::sequence(
      {asn1::element(asn1::tag::integer, octets), asn1::integer(Bytes(Buffer{1, 0, 1}))});
  const auto key = PublicKey::decode(
      library(), asn1::sequence({asn1::algorithm(asn1::oid::rsa_encryption), asn1::bits(numbers)}));
  REQUIRE(key);
  return std::string(weakness(*key));
}

}  // namespace

TEST_CASE("a key of random primes has no weakness, of whatever size", "[crypto][case:C11]") {
  for (const char* type : {"rsa:2048", "rsa:3072", "rsa:4096", "ec:P-256"}) {
    const auto key = PrivateKey::generate(library(), type);
    REQUIRE(key);
    CHECK(weakness(key->public_key()).empty());
  }
}

TEST_CASE("a key with a factor below 752 is weak", "[crypto][case:C11]") {
  const NumberPtr large = prime_of(2040);
  for (const BN_ULONG factor : {3U, 5U, 167U, 743U, 751U})
    CHECK(weakness_of(product(large, number(factor))) == "it has a factor below 752");
  CHECK(weakness_of(product(large, number(757))).empty());
}

TEST_CASE("a key whose primes come of ROCA is weak, one of two such primes makes none",
          "[crypto][case:C11]") {
  const NumberPtr first = roca_prime(1024);
  CHECK(weakness_of(product(first, roca_prime(1024))) ==
        "its primes are those of CVE-2017-15361 (ROCA)");
  CHECK(weakness_of(product(first, prime_of(1024))).empty());
}

TEST_CASE("a key whose primes are close to each other is weak", "[crypto][case:C11]") {
  const NumberPtr first = prime_of(1024);
  CHECK(weakness_of(product(first, next_prime(first))) == "its primes are too close to each other");
  // The same two primes again: a square.
  CHECK(weakness_of(product(first, first)) == "its primes are too close to each other");
  CHECK(weakness_of(product(first, prime_of(1024))).empty());
}

TEST_CASE("primes are close when 110 steps of Fermat's method find them", "[crypto][case:C11]") {
  // The number of steps is about (p - q)^2 / (8 sqrt(n)).
  const NumberPtr first = prime_of(1024);
  const NumberPtr distance = number(1);
  const auto apart = [&](int bits) {
    NumberPtr other(made(BN_dup(first.get())));
    done(BN_set_word(distance.get(), 1));
    done(BN_lshift(distance.get(), distance.get(), bits));
    done(BN_add(other.get(), other.get(), distance.get()));
    return product(first, next_prime(other));
  };
  CHECK(weakness_of(apart(500)) == "its primes are too close to each other");
  CHECK(weakness_of(apart(515)) == "its primes are too close to each other");
  CHECK(weakness_of(apart(530)).empty());
}
