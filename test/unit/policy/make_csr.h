#pragma once

#include <string>
#include <vector>

#include "crypto/csr.h"
#include "crypto/key.h"

namespace scep_ra::test {

enum class RequestKey { rsa_2048, rsa_1024, rsa_3072, p256 };

struct SubjectPart {
  std::string keyword;  // "CN" or dotted
  std::string value;    // UTF-8, any octets
  bool same_rdn = false;
};

struct RequestedExtension {
  std::string name;   // OpenSSL's name, or dotted
  std::string value;  // OpenSSL's configuration syntax: "DNS:a", "critical,CA:TRUE", "DER:0500"
};

// A certification request as another implementation writes it: OpenSSL's X509_REQ.
struct Wish {
  RequestKey key = RequestKey::rsa_2048;
  std::vector<SubjectPart> subject = {{"CN", "dev1"}};
  std::vector<RequestedExtension> extensions;
  std::vector<std::string> attributes;  // dotted types
};

struct MadeRequest {
  crypto::Csr csr;
  crypto::PublicKey key;
};

MadeRequest make_request(const Wish&);

}  // namespace scep_ra::test
