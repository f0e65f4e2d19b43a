#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "scep-ra/error.h"

namespace scep_ra::asn1 {

// threats-and-tests section 2. A message beyond one of them is refused before anything reads it.
struct ShapeLimits {
  std::size_t depth = 32;
  std::size_t elements = 16384;
};

// One element read out of a stream of octets, and what followed it.
struct DerForm {
  Buffer der;            // the element with definite lengths and whole OCTET STRINGs
  std::size_t consumed;  // octets of the input it came from
};

// The bounded walk that comes before any cryptography (threats-and-tests rule 2): reads exactly one
// BER element and writes it with definite, minimal lengths, OCTET STRINGs in one piece; the order
// of sets stays as received (scep-requirements M3, M4). Linear in the input. Refused as malformed:
// truncation, missing end-of-contents, lengths that are not minimal, tag numbers from 31 on,
// constructed strings other than OCTET STRING, more depth or elements than the limits.
Result<DerForm> to_der(Bytes ber, const ShapeLimits& = {});

// Whether the octets are one element and already what `to_der` would write, down to the last of its
// parts. Copies nothing, so that a secret may stand in them. Linear.
bool is_der(Bytes, const ShapeLimits& = {});

}  // namespace scep_ra::asn1
