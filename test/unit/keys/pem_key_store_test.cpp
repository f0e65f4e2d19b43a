#include "keys/pem_key_store.h"

#include "catch.h"
#include "make_pair_files.h"

using namespace scep_ra;
using namespace scep_ra::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using Pair = Result<keys::RaPair>;

Pair loaded(const PairFolder& folder, const PairWish& wish, keys::Role role) {
  return keys::load_pair(pair_library(), folder.write(wish), role);
}

// Why the pair is refused, without the folder; empty when it is taken. Whatever it is, it is the
// configuration's.
std::string refusal_in_role(const PairWish& wish, keys::Role role) {
  const PairFolder folder;
  const Pair pair = loaded(folder, wish, role);
  if (pair) return "";
  CHECK(pair.error().code == Errc::config);
  CHECK_THAT(pair.error().detail, StartsWith(folder.path("").string()));
  return pair.error().detail.substr(folder.path("").string().size());
}
std::string refusal_of_signing(const PairWish& signing) {
  return refusal_in_role(signing, keys::Role::signing);
}
std::string refusal_of_encryption(const PairWish& encryption) {
  return refusal_in_role(encryption, keys::Role::encryption);
}

PairWish with_usage(PairWish wish, const std::string& usage) {
  wish.usage = usage;
  return wish;
}
PairWish with_key_type(PairWish wish, const std::string& type) {
  wish.key_type = type;
  return wish;
}
PairWish with_key_of(PairWish wish, const std::string& owner) {
  wish.key_pem = pem_of_key(key_of(owner));
  return wish;
}

}  // namespace

TEST_CASE("the RA works with two pairs, each key its certificate's", "[keys][case:C12][req:S2]") {
  const PairFolder folder;
  const auto store = keys::PemKeyStore::join(
      pair_library(), loaded(folder, signing_pair(), keys::Role::signing).value(),
      loaded(folder, encryption_pair(), keys::Role::encryption).value());
  REQUIRE(store);
  CHECK(equal((*store)->signer().certificate.der(), certificate_of(signing_pair())));
  REQUIRE((*store)->recipients().size() == 1);
  const scep::Recipient& recipient = (*store)->recipients().front();
  CHECK(equal(recipient.certificate.der(), certificate_of(encryption_pair())));

  const auto certified =
      crypto::PublicKey::decode(pair_library(), (*store)->signer().certificate.public_key_info());
  const auto signature = (*store)->signer().key.sign(crypto::Digest::sha256, as_bytes("reply"));
  REQUIRE(signature);
  CHECK(certified->verify({}, as_bytes("reply"), *signature));

  const Secret content_key(std::string_view("sixteen octets!!"));
  const auto addressed =
      crypto::PublicKey::decode(pair_library(), recipient.certificate.public_key_info());
  const auto wrapped = addressed->encrypt(crypto::KeyTransport::pkcs1, content_key);
  REQUIRE(wrapped);
  const auto unwrapped = recipient.key.unwrap(crypto::KeyTransport::pkcs1, *wrapped, 16);
  REQUIRE(unwrapped);
  CHECK(*unwrapped == content_key);
}

TEST_CASE("a key that is not its certificate's is refused, in either role", "[keys][case:C12]") {
  CHECK(refusal_of_signing(with_key_of(signing_pair(), "signing")).empty());
  CHECK_THAT(refusal_of_signing(with_key_of(signing_pair(), "somebody else")),
             StartsWith("signing.key: not the key of "));
  CHECK_THAT(refusal_of_encryption(with_key_of(encryption_pair(), "somebody else")),
             StartsWith("encryption.key: not the key of "));
  // Exchanged, both are good keys of the wrong certificate.
  CHECK_THAT(refusal_of_signing(with_key_of(signing_pair(), "encryption")),
             StartsWith("signing.key: not the key of "));
}

TEST_CASE("one key for signing and decryption is refused, under two certificates too",
          "[keys][case:C12][req:S2]") {
  const PairFolder folder;
  const auto in_role = [&](PairWish wish, keys::Role role) {
    wish.usage = "critical,digitalSignature,keyEncipherment";
    return loaded(folder, wish, role).value();
  };
  const auto joined = [&](const PairWish& signing, const PairWish& encryption) {
    return keys::PemKeyStore::join(pair_library(), in_role(signing, keys::Role::signing),
                                   in_role(encryption, keys::Role::encryption));
  };
  const auto one_pair = joined(signing_pair(), signing_pair());
  REQUIRE_FALSE(one_pair);
  CHECK(one_pair.error().code == Errc::config);
  CHECK_THAT(one_pair.error().detail, Contains("two keys"));

  PairWish second = with_key_of(encryption_pair(), "signing");
  second.certificate_pem = pem_of_certificate(der_of_certificate(
      make_certificate({.key = key_of("signing"),
                        .common_name = "another certificate",
                        .serial = "2",
                        .extensions = {{"keyUsage", "critical,keyEncipherment"}}})
          .get()));
  const auto two_certificates = joined(signing_pair(), second);
  REQUIRE_FALSE(two_certificates);
  CHECK_THAT(two_certificates.error().detail, Contains("two keys"));

  // Two keys whose certificates allow both are what some CAs issue.
  CHECK(joined(signing_pair(), encryption_pair()));
}

TEST_CASE("a certificate without the key usage of its role is refused",
          "[keys][case:C12][req:C14]") {
  CHECK_THAT(refusal_of_signing(with_usage(signing_pair(), "critical,keyEncipherment")),
             StartsWith("signing.pem: ") && Contains("digitalSignature"));
  CHECK_THAT(refusal_of_encryption(with_usage(encryption_pair(), "critical,digitalSignature")),
             StartsWith("encryption.pem: ") && Contains("keyEncipherment"));
  CHECK_THAT(refusal_of_signing(with_usage(signing_pair(), "nonRepudiation,keyCertSign")),
             Contains("digitalSignature"));
  CHECK_THAT(refusal_of_encryption(with_usage(encryption_pair(), "dataEncipherment")),
             Contains("keyEncipherment"));

  // No such extension is no permission: Apple looks for the bits.
  CHECK_THAT(refusal_of_signing(with_usage(signing_pair(), "")), Contains("digitalSignature"));
  CHECK_THAT(refusal_of_encryption(with_usage(encryption_pair(), "")), Contains("keyEncipherment"));

  CHECK(refusal_of_signing(with_usage(signing_pair(), "digitalSignature,nonRepudiation")).empty());
  CHECK(refusal_of_encryption(with_usage(encryption_pair(), "keyEncipherment,dataEncipherment"))
            .empty());
}

TEST_CASE("an RSA key below 2048 bits is refused, in either role", "[keys][case:C12]") {
  CHECK_THAT(refusal_of_signing(with_key_type(signing_pair(), "rsa:1024")),
             StartsWith("signing.key: ") && Contains("1024") && Contains("2048"));
  CHECK_THAT(refusal_of_encryption(with_key_type(encryption_pair(), "rsa:1024")),
             StartsWith("encryption.key: ") && Contains("1024") && Contains("2048"));
  CHECK(refusal_of_signing(with_key_type(signing_pair(), "rsa:2048")).empty());
  CHECK(refusal_of_encryption(with_key_type(encryption_pair(), "rsa:3072")).empty());
}

TEST_CASE("the key that opens envelopes must be RSA, the one that signs need not",
          "[keys][case:C12][req:E11]") {
  CHECK_THAT(refusal_of_encryption(with_key_type(encryption_pair(), "ec:P-256")),
             StartsWith("encryption.key: ") && Contains("must be RSA"));
  CHECK(refusal_of_signing(with_key_type(signing_pair(), "ec:P-256")).empty());
}

TEST_CASE("a key file that others may use is refused", "[keys][case:C12][req:S8]") {
  const auto with_mode = [](PairWish wish, unsigned mode) {
    wish.key_mode = mode;
    return wish;
  };
  CHECK_THAT(refusal_of_signing(with_mode(signing_pair(), 0644)),
             StartsWith("signing.key: others than its owner may use this file"));
  CHECK_THAT(refusal_of_signing(with_mode(signing_pair(), 0640)), StartsWith("signing.key: "));
  CHECK_THAT(refusal_of_encryption(with_mode(encryption_pair(), 0604)),
             StartsWith("encryption.key: others than its owner may use this file"));
  CHECK_THAT(refusal_of_encryption(with_mode(encryption_pair(), 0620)),
             StartsWith("encryption.key: "));
  CHECK(refusal_of_signing(with_mode(signing_pair(), 0400)).empty());
  CHECK(refusal_of_encryption(with_mode(encryption_pair(), 0600)).empty());
}

TEST_CASE("an expired certificate and one not yet valid are no reason not to start",
          "[keys][case:C12]") {
  PairWish expired = signing_pair();
  expired.valid_from = -7200;
  expired.valid_until = -3600;
  CHECK(refusal_of_signing(expired).empty());
  PairWish future = encryption_pair();
  future.valid_from = 3600;
  CHECK(refusal_of_encryption(future).empty());
}
