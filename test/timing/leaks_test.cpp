#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <cstdio>

#include "catch.h"
#include "challenge/one_time_password.h"
#include "crypto/content_cipher.h"
#include "enrol/make_ra_bench.h"
#include "scep/make_ra.h"
#include "store/memory_store.h"
#include "welch.h"

// Whether time tells what must not be told: what became of an encrypted key, how much of a password
// is right. The tests tagged [short] look with a few thousand samples; `timing '[long]'` takes
// 100,000 of each class and prints what it saw.
using namespace scep_ra;
using namespace scep_ra::test;

namespace {

constexpr std::size_t few = 3'000;
constexpr std::size_t many = 100'000;

Buffer random_octets(std::size_t size) {
  Buffer octets(size);
  done(RAND_bytes(octets.data(), static_cast<int>(size)));
  return octets;
}

// Envelopes to the RA, fresh ones for each sample: one that is measured again and again has a time
// of its own.
class Envelopes {
 public:
  enum class Kind { bad_padding, other_length, other_key, bad_content };

  Envelopes() : rsa_(made(EVP_PKEY_CTX_new_from_pkey(nullptr, ra_encryption().key, nullptr))) {
    done(EVP_PKEY_encrypt_init(rsa_.get()));
    done(EVP_PKEY_CTX_set_rsa_padding(rsa_.get(), RSA_NO_PADDING));
  }

  // All do the same work but for what is put where.
  void prepare(Kind kind) {
    const Buffer key = random_octets(16);
    const Buffer other = random_octets(16);
    next_.iv = random_octets(16);
    next_.ciphertext =
        crypto::encrypt_content(library(), crypto::Cipher::aes128_cbc,
                                Secret(kind == Kind::other_key ? other : key), next_.iv, plaintext_)
            .value();
    if (kind == Kind::bad_content) next_.ciphertext[next_.ciphertext.size() - 17] ^= 0x80;
    Buffer block = random_octets(256);
    for (std::uint8_t& octet : block) octet = octet == 0 ? 1 : octet;
    block[0] = 0;
    block[1] = kind == Kind::bad_padding ? 1 : 2;
    block[256 - 17] = kind == Kind::other_length ? 1 : 0;
    std::ranges::copy(key, block.end() - 16);
    if (kind == Kind::other_length) block[256 - 16] = 0;  // a key of 15 octets
    std::size_t size = 256;
    next_.encrypted_key.resize(size);
    done(EVP_PKEY_encrypt(rsa_.get(), next_.encrypted_key.data(), &size, block.data(),
                          block.size()));
  }

  [[nodiscard]] const scep::EnvelopedData& next() const { return next_; }

 private:
  KeyContextPtr rsa_;
  Buffer plaintext_ = Buffer(1000, 0x55);
  scep::EnvelopedData next_;
};

std::vector<TimedClass> classes_of(Envelopes& envelopes) {
  using Kind = Envelopes::Kind;
  std::vector<TimedClass> all;
  for (const auto& [name, kind] : {std::pair("bad padding", Kind::bad_padding),
                                   {"a key of another length", Kind::other_length},
                                   {"another key", Kind::other_key},
                                   {"bad content", Kind::bad_content}})
    all.push_back({name, [&envelopes, kind] { envelopes.prepare(kind); }});
  return all;
}

// Taking the key and the content out: where a difference would come from.
std::vector<Comparison> times_of_opening(std::size_t samples) {
  static const auto recipients = core_recipients({ra_encryption()});
  Envelopes envelopes;
  return compare_times(
      classes_of(envelopes),
      [&] {
        static_cast<void>(
            scep::open_enveloped_data(library(), envelopes.next(), recipients.front()));
      },
      samples);
}

// The key alone.
std::vector<Comparison> times_of_unwrapping(std::size_t samples) {
  static const auto recipients = core_recipients({ra_encryption()});
  Envelopes envelopes;
  return compare_times(
      classes_of(envelopes),
      [&] {
        static_cast<void>(recipients.front().key.unwrap(crypto::KeyTransport::pkcs1,
                                                        envelopes.next().encrypted_key, 16));
      },
      samples);
}

// The whole answer, as who sends the message measures it.
std::vector<Comparison> times_of_answering(std::size_t samples) {
  RaBench bench;
  Envelopes envelopes;
  Buffer message;
  MessageWish wish = wish_for(with_password("0000000000000000"));
  std::vector<TimedClass> all = classes_of(envelopes);
  for (TimedClass& one : all)
    one.prepare = [&, prepare = one.prepare] {
      prepare();
      wish.envelope.recipients.front().encrypted_key = envelopes.next().encrypted_key;
      wish.envelope.cipher_parameters = {{octets(envelopes.next().iv)}};
      wish.envelope.ciphertext = leaf(0x80, envelopes.next().ciphertext);
      message = make_message(wish);
    };
  return compare_times(
      all, [&] { enrol::answer_pki_message(bench.services(), message, "192.0.2.7"); }, samples);
}

// A CSR that presents a guess; the same octets but for it. Each guess is at another one of many
// passwords: of one alone there are but fifteen with a single character wrong, which a processor
// would know by heart.
class Presented {
 public:
  explicit Presented(std::vector<std::string> passwords)
      : passwords_(std::move(passwords)),
        der_(make_device_csr({.key = device().key, .password = passwords_.front()})) {
    at_ = std::ranges::search(der_, as_bytes(passwords_.front())).begin() - der_.begin();
  }

  // The first so many characters as in a password, the next one not, the rest anyhow.
  void prepare(std::size_t matching) {
    const std::string& password = passwords_[next_++ % passwords_.size()];
    std::string guess = password;
    const Buffer noise = random_octets(guess.size());
    for (std::size_t at = matching; at < guess.size(); ++at)
      guess[at] = "0123456789ABCDEF"[noise[at] % 16];
    if (matching < guess.size() && guess[matching] == password[matching])
      guess[matching] = password[matching] == '0' ? '1' : '0';
    std::ranges::copy(as_bytes(guess), der_.begin() + at_);
    csr_ = crypto::Csr::decode(der_).value();
    hash_ = random_octets(32);
  }
  [[nodiscard]] const crypto::Csr& csr() const { return *csr_; }
  [[nodiscard]] Bytes hash() const { return hash_; }

 private:
  const std::vector<std::string> passwords_;
  std::size_t next_ = 0;
  Buffer der_;
  std::ptrdiff_t at_ = 0;
  std::optional<crypto::Csr> csr_;
  Buffer hash_;
};

std::vector<Comparison> times_of_lookup(Kept kept, std::size_t samples) {
  RaBench bench(kept);
  std::vector<std::string> passwords(499);
  for (std::string& one : passwords) one = bench.password();
  Presented presented(std::move(passwords));
  const auto verified = [&] { return bench.passwords.verify(presented.csr(), presented.hash()); };
  presented.prepare(16);
  REQUIRE(verified());
  presented.prepare(15);
  REQUIRE(verified().error().reason == Reason::password_unknown);
  std::vector<TimedClass> classes;
  for (const std::size_t matching : {0U, 4U, 8U, 15U})
    classes.push_back({std::to_string(matching) + " characters match",
                       [&presented, matching] { presented.prepare(matching); }});
  return compare_times(classes, [&] { static_cast<void>(verified()); }, samples);
}

void check_nothing_lasting(const std::function<std::vector<Comparison>(std::size_t)>& measured) {
  const auto lasting = lasting_differences([&] { return measured(few); });
  INFO(told(lasting));
  CHECK(lasting.empty());
}

// Prints every pair of every measurement; a pair counts when it tells in each of three.
void check_and_tell(const char* what,
                    const std::function<std::vector<Comparison>(std::size_t)>& measured,
                    std::size_t samples = many) {
  const auto lasting = lasting_differences([&] {
    const auto all = measured(samples);
    std::printf("%s, %zu samples of each:\n%s", what, samples, told(all).c_str());
    static_cast<void>(std::fflush(stdout));
    return all;
  });
  CHECK(lasting.empty());
}

}  // namespace

TEST_CASE("a difference that is there is seen", "[timing][short]") {
  std::size_t steps = 0;
  volatile std::size_t sink = 0;
  const std::vector<TimedClass> classes{{"less", [&] { steps = 1'000; }},
                                        {"more", [&] { steps = 1'100; }}};
  const auto lasting = lasting_differences([&] {
    return compare_times(
        classes,
        [&] {
          for (std::size_t step = 0; step < steps; ++step) sink = sink + step;
        },
        few);
  });
  REQUIRE(lasting.size() == 1);
  CHECK(lasting.front().t < 0);
}

TEST_CASE("what was wrong with an encrypted key does not show in the time of opening",
          "[timing][short][case:C10]") {
  check_nothing_lasting(times_of_unwrapping);
  check_nothing_lasting(times_of_opening);
}

TEST_CASE("what was wrong with an encrypted key does not show in the time of the answer",
          "[timing][short][case:C10]") {
  const auto lasting = lasting_differences([] { return times_of_answering(few / 12); });
  INFO(told(lasting));
  CHECK(lasting.empty());
}

TEST_CASE("how much of a password is right does not show in the time of looking it up",
          "[timing][short][case:S6]") {
  check_nothing_lasting(
      [](std::size_t samples) { return times_of_lookup(Kept::in_memory, samples); });
  check_nothing_lasting(
      [](std::size_t samples) { return times_of_lookup(Kept::in_sqlite, samples); });
}

TEST_CASE("C10 at length", "[.][long][case:C10]") {
  check_and_tell("unwrapping", times_of_unwrapping);
  check_and_tell("opening", times_of_opening);
}
TEST_CASE("C10 of the whole answer at length", "[.][long][case:C10]") {
  check_and_tell("answering", times_of_answering, many / 10);
}
TEST_CASE("S6 at length", "[.][long][case:S6]") {
  check_and_tell("lookup in memory",
                 [](std::size_t samples) { return times_of_lookup(Kept::in_memory, samples); });
  check_and_tell("lookup in SQLite",
                 [](std::size_t samples) { return times_of_lookup(Kept::in_sqlite, samples); });
}
