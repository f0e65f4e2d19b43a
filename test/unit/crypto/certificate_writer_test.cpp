#include "crypto/certificate_writer.h"

#include "asn1/name.h"
#include "asn1/writer.h"
#include "base/hex.h"
#include "catch.h"
#include "crypto/certificate.h"
#include "crypto/csr.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;
namespace oid = scep_ra::asn1::oid;

namespace {

struct Issuer {
  std::string name;
  PrivateKey key;
};

PrivateKey key_like(const std::string& owner, const std::string& type) {
  return PrivateKey::decode_pem(library(), pem_of_key(key_of(owner, type))).value();
}
Buffer identifier(const PrivateKey& key) {
  return key_identifier(library(), key.public_key().info());
}

Buffer issue(const Issuer& issuer, const std::string& subject, const PrivateKey& key,
             std::vector<Buffer> extensions) {
  extensions.push_back(subject_key_identifier_extension(identifier(key)));
  extensions.push_back(authority_key_identifier_extension(identifier(issuer.key)));
  const Time now = SystemClock().seconds();
  return write_certificate({.serial = random_serial(library()->random()),
                            .issuer = asn1::name_from_text(issuer.name).value(),
                            .subject = asn1::name_from_text(subject).value(),
                            .public_key_info = to_buffer(key.public_key().info()),
                            .not_before = now - Seconds(60),
                            .not_after = now + Seconds(86400),
                            .extensions = std::move(extensions)},
                           issuer.key)
      .value();
}

struct Chain {
  CertificatePtr root, issuing, device;
};

// A root, an issuing CA with path length 0 and a device, all written by us.
Chain write_chain(const std::string& type) {
  const Issuer root{"O=Ex, CN=Root", key_like("root", type)};
  const Issuer issuing{"O=Ex, CN=Issuing", key_like("issuing", type)};
  const std::uint16_t ca_usage = key_cert_sign | crl_sign;
  return {openssl_certificate(
              issue(root, root.name, root.key,
                    {basic_constraints_extension(true, {}), key_usage_extension(ca_usage)})),
          openssl_certificate(
              issue(root, issuing.name, issuing.key,
                    {basic_constraints_extension(true, 0U), key_usage_extension(ca_usage)})),
          openssl_certificate(
              issue(issuing, "O=Ex, CN=device", key_like("device", "rsa:2048"),
                    {basic_constraints_extension(false, {}),
                     key_usage_extension(digital_signature | key_encipherment),
                     extended_key_usage_extension({oid::client_auth, oid::server_auth}),
                     subject_alternative_name_extension({"dns:dev.example.test"}).value()}))};
}

std::string path_verdict(const Chain& chain, int purpose) {
  const StorePtr store(made(X509_STORE_new()));
  done(X509_STORE_add_cert(store.get(), chain.root.get()));
  X509_STORE_set_flags(store.get(), X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  STACK_OF(X509)* between = sk_X509_new_null();
  sk_X509_push(between, chain.issuing.get());
  using ContextPtr = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;
  const ContextPtr context(made(X509_STORE_CTX_new()));
  done(X509_STORE_CTX_init(context.get(), store.get(), chain.device.get(), between));
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  const int good = X509_verify_cert(context.get());
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(between);
  return good == 1 ? "good" : X509_verify_cert_error_string(error);
}

class CountingRandom final : public Random {
 public:
  explicit CountingRandom(std::uint8_t octet) : octet_(octet) {}
  void fill(std::span<std::uint8_t> octets) override { std::ranges::fill(octets, octet_); }

 private:
  std::uint8_t octet_;
};

}  // namespace

TEST_CASE("certificates that we write make a path that OpenSSL accepts strictly", "[crypto]") {
  for (const char* type : {"rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521"}) {
    const Chain chain = write_chain(type);
    REQUIRE(chain.root);
    REQUIRE(chain.issuing);
    REQUIRE(chain.device);
    CHECK(path_verdict(chain, X509_PURPOSE_SSL_CLIENT) == "good");
    CHECK(path_verdict(chain, X509_PURPOSE_SSL_SERVER) == "good");
    CHECK(path_verdict(chain, X509_PURPOSE_SMIME_SIGN) != "good");
    CHECK(X509_check_purpose(chain.device.get(), X509_PURPOSE_SSL_CLIENT, 0) == 1);
    CHECK(X509_check_purpose(chain.device.get(), X509_PURPOSE_SSL_CLIENT, 1) == 0);
    CHECK(X509_check_purpose(chain.issuing.get(), X509_PURPOSE_ANY, 1) == 1);
    CHECK(X509_check_ca(chain.root.get()) == 1);
    CHECK(X509_check_ca(chain.device.get()) == 0);
  }
}

TEST_CASE("OpenSSL reads the extensions that we wrote", "[crypto]") {
  const Chain chain = write_chain("rsa:2048");
  X509* device = chain.device.get();
  CHECK(X509_get_version(device) == X509_VERSION_3);
  CHECK(X509_get_key_usage(device) == (X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_KEY_ENCIPHERMENT));
  CHECK(X509_get_extended_key_usage(device) == (XKU_SSL_CLIENT | XKU_SSL_SERVER));
  CHECK(X509_check_host(device, "dev.example.test", 0, 0, nullptr) == 1);
  CHECK(X509_get_pathlen(chain.issuing.get()) == 0);
  CHECK(X509_get_pathlen(chain.root.get()) == -1);
  CHECK(X509_check_issued(chain.issuing.get(), device) == X509_V_OK);
  CHECK(X509_check_issued(chain.root.get(), device) != X509_V_OK);
  for (const int type : {NID_basic_constraints, NID_key_usage}) {
    const int at = X509_get_ext_by_NID(device, type, -1);
    REQUIRE(at >= 0);
    CHECK(X509_EXTENSION_get_critical(X509_get_ext(device, at)) == 1);
  }
  for (const int type : {NID_ext_key_usage, NID_subject_alt_name, NID_subject_key_identifier,
                         NID_authority_key_identifier}) {
    const int at = X509_get_ext_by_NID(device, type, -1);
    REQUIRE(at >= 0);
    CHECK(X509_EXTENSION_get_critical(X509_get_ext(device, at)) == 0);
  }
}

TEST_CASE("a certificate that we wrote is DER and reads back", "[crypto][req:R20]") {
  const Issuer issuer{"CN=CA", key_like("root", "rsa:2048")};
  const Buffer der = issue(issuer, "CN=device", key_like("device", "rsa:2048"), {});
  CHECK(der_of(openssl_certificate(der).get(), i2d_X509) == der);
  const Certificate read = Certificate::decode(der).value();
  CHECK(read.subject_text() == "CN=device");
  CHECK(read.serial().size() == 20);
  CHECK(read.not_after() - read.not_before() == Seconds(86460));
}

TEST_CASE("the digest grows with the issuer's curve", "[crypto]") {
  const std::pair<const char*, int> digests[] = {{"rsa:2048", NID_sha256WithRSAEncryption},
                                                 {"ec:P-256", NID_ecdsa_with_SHA256},
                                                 {"ec:P-384", NID_ecdsa_with_SHA384},
                                                 {"ec:P-521", NID_ecdsa_with_SHA512}};
  for (const auto& [type, algorithm] : digests)
    CHECK(X509_get_signature_nid(write_chain(type).device.get()) == algorithm);
}

TEST_CASE("every key usage comes out as OpenSSL names it", "[crypto]") {
  const Issuer issuer{"CN=CA", key_like("root", "ec:P-256")};
  const std::pair<std::uint16_t, std::uint32_t> usages[] = {
      {digital_signature, X509v3_KU_DIGITAL_SIGNATURE},
      {non_repudiation, X509v3_KU_NON_REPUDIATION},
      {key_encipherment, X509v3_KU_KEY_ENCIPHERMENT},
      {data_encipherment, X509v3_KU_DATA_ENCIPHERMENT},
      {key_agreement, X509v3_KU_KEY_AGREEMENT},
      {key_cert_sign, X509v3_KU_KEY_CERT_SIGN},
      {crl_sign, X509v3_KU_CRL_SIGN},
      {1U << 7, X509v3_KU_ENCIPHER_ONLY},
      {1U << 8, X509v3_KU_DECIPHER_ONLY}};
  for (const auto& [ours, theirs] : usages) {
    const Buffer der = issue(issuer, "CN=device", issuer.key, {key_usage_extension(ours)});
    CHECK(X509_get_key_usage(openssl_certificate(der).get()) == theirs);
    CHECK(Certificate::decode(der)->key_usage() == ours);
  }
}

TEST_CASE("the key identifier is the one of RFC 5280, method 1", "[crypto]") {
  const PrivateKey key = key_like("device", "rsa:2048");
  const Issuer issuer{"CN=CA", key_like("root", "rsa:2048")};
  const CertificatePtr certificate = openssl_certificate(issue(issuer, "CN=device", key, {}));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  done(X509_pubkey_digest(certificate.get(), EVP_sha1(), digest, &size));
  CHECK(equal(identifier(key), Bytes(digest, size)));
}

TEST_CASE("serial numbers are positive, never zero and always 20 octets", "[crypto]") {
  for (const std::uint8_t octet : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
    CountingRandom random(octet);
    const Buffer serial = random_serial(random);
    CHECK(serial.size() == 20);
    CHECK(serial[0] > 0);
    CHECK(serial[0] < 0x80);
  }
  CHECK(random_serial(library()->random()) != random_serial(library()->random()));
}
