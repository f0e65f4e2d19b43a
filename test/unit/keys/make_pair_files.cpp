#include "make_pair_files.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace scep_ra::test {
namespace {

using NumberPtr = std::unique_ptr<BIGNUM, Release<BN_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>>;

void write_file(const Path& path, const std::string& content, unsigned mode) {
  std::ofstream(path, std::ios::binary) << content;
  std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
}

NumberPtr number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  done(EVP_PKEY_get_bn_param(key, name, &number));
  return NumberPtr(number);
}

std::string pem_of_parameters(const char* type, OSSL_PARAM_BLD* builder) {
  const ParametersPtr parameters(made(OSSL_PARAM_BLD_to_param(builder)));
  const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
  EVP_PKEY* key = nullptr;
  done(EVP_PKEY_fromdata_init(context.get()));
  done(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()));
  return pem_of_key(KeyPtr(key).get());
}

}  // namespace

const crypto::Library& pair_library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
  return library;
}

PairWish signing_pair() {
  return {.owner = "signing"};
}
PairWish encryption_pair() {
  return {.owner = "encryption", .usage = "critical,keyEncipherment"};
}

PairFolder::PairFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "scep-ra-keys-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

PairFolder::~PairFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

keys::PairFiles PairFolder::write(const PairWish& wish) const {
  const keys::PairFiles files{path(wish.owner + ".pem"), path(wish.owner + ".key")};
  write_file(
      files.certificate,
      wish.certificate_pem ? *wish.certificate_pem : pem_of_certificate(certificate_of(wish)),
      0644);
  write_file(files.key,
             wish.key_pem ? *wish.key_pem : pem_of_key(key_of(wish.owner, wish.key_type)),
             wish.key_mode);
  return files;
}

Buffer certificate_of(const PairWish& wish) {
  CertificateWish certificate{.key = key_of(wish.owner, wish.key_type), .common_name = wish.owner};
  if (!wish.usage.empty()) certificate.extensions = {{"keyUsage", wish.usage}};
  certificate.valid_from = wish.valid_from;
  certificate.valid_until = wish.valid_until;
  return der_of_certificate(make_certificate(certificate).get());
}

std::string pem_of_certificate(Bytes der) {
  const BioPtr memory(made(BIO_new(BIO_s_mem())));
  const CertificatePtr certificate = openssl_certificate(der);
  done(PEM_write_bio_X509(memory.get(), certificate.get()));
  return to_string(written(memory.get()));
}

std::string damaged_rsa_key(EVP_PKEY* key, const std::vector<std::string>& damaged) {
  static constexpr std::array names{
      OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,           OSSL_PKEY_PARAM_RSA_D,
      OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,     OSSL_PKEY_PARAM_RSA_EXPONENT1,
      OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
  const BuilderPtr builder(made(OSSL_PARAM_BLD_new()));
  std::vector<NumberPtr> numbers;
  for (const char* name : names) {
    numbers.push_back(number_of(key, name));
    // Two more stays odd, and as long.
    if (std::ranges::find(damaged, name) != damaged.end())
      done(BN_add_word(numbers.back().get(), 2));
    done(OSSL_PARAM_BLD_push_BN(builder.get(), name, numbers.back().get()));
  }
  return pem_of_parameters("RSA", builder.get());
}

std::string damaged_ec_key(EVP_PKEY* key) {
  std::array<unsigned char, 256> point{};
  std::size_t size = 0;
  done(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                       &size));
  const NumberPtr secret = number_of(key, OSSL_PKEY_PARAM_PRIV_KEY);
  done(BN_sub_word(secret.get(), 1));
  const BuilderPtr builder(made(OSSL_PARAM_BLD_new()));
  done(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0));
  done(
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), size));
  done(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get()));
  return pem_of_parameters("EC", builder.get());
}

}  // namespace scep_ra::test
