#pragma once

#include <optional>
#include <string>
#include <utility>

#include "keys/pem_key_store.h"
#include "make_certificate.h"

namespace scep_ra::test {

// One OpenSSL context for the tests of the pairs.
const crypto::Library& pair_library();

// One RA pair as an operator puts it there; a test spoils one thing.
struct PairWish {
  std::string owner;                                          // key and subject
  std::string key_type = "rsa:2048";                          // see key_of
  std::string usage = "critical,digitalSignature";            // empty: no key usage extension
  long valid_from = -3600, valid_until = 86400;               // seconds from now
  std::optional<std::string> certificate_pem = std::nullopt;  // instead of the certificate
  std::optional<std::string> key_pem = std::nullopt;          // instead of the key
  unsigned key_mode = 0600;
};
PairWish signing_pair();
PairWish encryption_pair();

// The wishes in files of a folder that goes with the object.
class PairFolder {
 public:
  PairFolder();
  ~PairFolder();
  PairFolder(const PairFolder&) = delete;
  PairFolder& operator=(const PairFolder&) = delete;

  keys::PairFiles write(const PairWish&) const;  // `OWNER.pem` and `OWNER.key`
  Path path(const std::string& name) const { return folder_ / name; }

 private:
  Path folder_;
};

Buffer certificate_of(const PairWish&);  // DER
std::string pem_of_certificate(Bytes der);

// A private key in PEM whose public half is that of the key and whose secret half is not. RSA: by
// the names of OpenSSL's parameters ("d", "rsa-factor1").
std::string damaged_rsa_key(EVP_PKEY*, const std::vector<std::string>& damaged);
std::string damaged_ec_key(EVP_PKEY*);

}  // namespace scep_ra::test
