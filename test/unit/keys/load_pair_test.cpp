#include "catch.h"
#include "keys/pem_key_store.h"
#include "make_pair_files.h"

using namespace scep_ra;
using namespace scep_ra::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string refusal_of_pair(const PairWish& wish) {
  const PairFolder folder;
  const auto pair = keys::load_pair(pair_library(), folder.write(wish), keys::Role::signing);
  if (pair) return "";
  CHECK(pair.error().code == Errc::config);
  CHECK_THAT(pair.error().detail, StartsWith(folder.path("").string()));
  return pair.error().detail.substr(folder.path("").string().size());
}

std::string refusal_of_key(const std::string& pem, const std::string& type = "rsa:2048") {
  PairWish wish = signing_pair();
  wish.key_type = type;
  wish.key_pem = pem;
  return refusal_of_pair(wish);
}

std::string refusal_of_certificate(const std::string& pem) {
  PairWish wish = signing_pair();
  wish.certificate_pem = pem;
  return refusal_of_pair(wish);
}

const std::string damaged = "signing.key: the key is damaged";

}  // namespace

TEST_CASE("a certificate and its key are a pair", "[keys][case:C12]") {
  const PairFolder folder;
  const auto pair =
      keys::load_pair(pair_library(), folder.write(signing_pair()), keys::Role::signing);
  REQUIRE(pair);
  CHECK(equal(pair->certificate.der(), certificate_of(signing_pair())));
  CHECK(equal(pair->key.public_key().info(), pair->certificate.public_key_info()));
}

TEST_CASE("of several certificates in the file the first is the pair's", "[keys][case:C12]") {
  const std::string own = pem_of_certificate(certificate_of(signing_pair()));
  const std::string ca = pem_of_certificate(certificate_of({.owner = "the CA"}));
  CHECK(refusal_of_certificate(own + ca).empty());
  CHECK_THAT(refusal_of_certificate(ca + own), StartsWith("signing.key: not the key of "));
}

TEST_CASE("an RSA key whose secret half is damaged is refused", "[keys][case:C12]") {
  EVP_PKEY* good = key_of("signing");
  CHECK(refusal_of_key(damaged_rsa_key(good, {})).empty());

  CHECK(refusal_of_key(damaged_rsa_key(good, {"d", "rsa-factor1", "rsa-exponent1"})) == damaged);
  CHECK(refusal_of_key(damaged_rsa_key(good, {"d", "rsa-factor1", "rsa-factor2"})) == damaged);
  CHECK(refusal_of_key(damaged_rsa_key(good, {"d", "rsa-exponent1", "rsa-exponent2"})) == damaged);
  CHECK(refusal_of_key(damaged_rsa_key(good, {"d", "rsa-coefficient1"})) == damaged);
}

// OpenSSL computes with the factors, and with d where that went wrong: either alone serves.
TEST_CASE("an RSA key with one damaged part that OpenSSL gets along without serves",
          "[keys][case:C12]") {
  EVP_PKEY* good = key_of("signing");
  CHECK(refusal_of_key(damaged_rsa_key(good, {"d"})).empty());
  CHECK(refusal_of_key(damaged_rsa_key(good, {"rsa-factor1"})).empty());
  CHECK(refusal_of_key(damaged_rsa_key(good, {"rsa-exponent2"})).empty());
}

TEST_CASE("a damaged key that opens envelopes is refused as well", "[keys][case:C12]") {
  const PairFolder folder;
  PairWish encryption = encryption_pair();
  encryption.key_pem = damaged_rsa_key(key_of("encryption"), {"d", "rsa-factor1"});
  const auto pair =
      keys::load_pair(pair_library(), folder.write(encryption), keys::Role::encryption);
  REQUIRE_FALSE(pair);
  CHECK_THAT(pair.error().detail, Contains("encryption.key: the key is damaged"));
}

TEST_CASE("an EC key whose secret half is another's is refused", "[keys][case:C12]") {
  EVP_PKEY* good = key_of("signing", "ec:P-256");
  CHECK(refusal_of_key(pem_of_key(good), "ec:P-256").empty());
  CHECK(refusal_of_key(damaged_ec_key(good), "ec:P-256") == damaged);
}

TEST_CASE("a file without a certificate in PEM is refused by its name", "[keys][case:C12]") {
  const std::string key = pem_of_key(key_of("signing"));
  const std::string good = pem_of_certificate(certificate_of(signing_pair()));
  CHECK_THAT(refusal_of_certificate(""), StartsWith("signing.pem: "));
  CHECK_THAT(refusal_of_certificate(key), StartsWith("signing.pem: "));
  CHECK_THAT(refusal_of_certificate(to_string(certificate_of(signing_pair()))),
             StartsWith("signing.pem: "));
  CHECK_THAT(refusal_of_certificate(good.substr(0, good.size() / 2)), StartsWith("signing.pem: "));
  std::string altered = good;
  altered.replace(altered.find('\n') + 1, 4, "AAAA");
  CHECK_THAT(refusal_of_certificate(altered), StartsWith("signing.pem: "));
  CHECK(refusal_of_certificate("Bag Attributes\n" + good).empty());
}

TEST_CASE("a file without a private key that can be used is refused by its name",
          "[keys][case:C12]") {
  const std::string good = pem_of_key(key_of("signing"));
  const std::string certificate = pem_of_certificate(certificate_of(signing_pair()));
  CHECK_THAT(refusal_of_key(""), StartsWith("signing.key: "));
  CHECK_THAT(refusal_of_key(certificate), StartsWith("signing.key: "));
  CHECK_THAT(refusal_of_key(good.substr(0, good.size() / 2)), StartsWith("signing.key: "));
  CHECK(refusal_of_key(certificate + good).empty());
}

TEST_CASE("a key behind a passphrase is refused: nobody is there to type it", "[keys][case:C12]") {
  const BioPtr memory(made(BIO_new(BIO_s_mem())));
  const std::string passphrase = "secret";
  done(PEM_write_bio_PKCS8PrivateKey(memory.get(), key_of("signing"), EVP_aes_128_cbc(),
                                     passphrase.data(), static_cast<int>(passphrase.size()),
                                     nullptr, nullptr));
  CHECK_THAT(refusal_of_key(to_string(written(memory.get()))), StartsWith("signing.key: "));
}

TEST_CASE("a CA's pair needs no key usage of an RA's, but a key of its own nobody else may read",
          "[keys]") {
  const PairFolder folder;
  PairWish ca{.owner = "the CA", .key_type = "ec:P-256", .usage = "critical,keyCertSign"};
  CHECK(keys::load_pair(pair_library(), folder.write(ca), keys::Role::ca));
  CHECK_FALSE(keys::load_pair(pair_library(), folder.write(ca), keys::Role::signing));
  ca.key_mode = 0644;
  CHECK_FALSE(keys::load_pair(pair_library(), folder.write(ca), keys::Role::ca));
}

TEST_CASE("a pair whose file is missing is refused by its name", "[keys][case:C12]") {
  const PairFolder folder;
  const keys::PairFiles good = folder.write(signing_pair());
  const Path missing = folder.path("missing.pem");
  const auto no_certificate =
      keys::load_pair(pair_library(), {missing, good.key}, keys::Role::signing);
  REQUIRE_FALSE(no_certificate);
  CHECK(no_certificate.error().code == Errc::config);
  CHECK_THAT(no_certificate.error().detail, StartsWith(missing.string()));
  const auto no_key =
      keys::load_pair(pair_library(), {good.certificate, missing}, keys::Role::signing);
  REQUIRE_FALSE(no_key);
  CHECK(no_key.error().code == Errc::config);
  CHECK_THAT(no_key.error().detail, StartsWith(missing.string()));
}
