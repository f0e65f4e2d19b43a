#pragma once

#include <optional>

#include "scep/make_der.h"

namespace scep_ra::fuzz {

// One BER element as OpenSSL's ASN1_get_object reads it, level by level, OCTET STRINGs in pieces
// put together. Empty when OpenSSL cannot read it.
struct WalkedElement {
  test::Node node;
  std::size_t consumed = 0;  // octets of the input
  std::size_t elements = 0;
  std::size_t depth = 0;
};
std::optional<WalkedElement> openssl_walk(Bytes ber);

}  // namespace scep_ra::fuzz
