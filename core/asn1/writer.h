#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "asn1/oid.h"
#include "asn1/tags.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace scep_ra::asn1 {

// DER, inside out: each function gives one whole element, so that code reads like the ASN.1 it
// writes. Structures are a few KiB; the copies cost microseconds.
using Parts = std::initializer_list<Bytes>;

Buffer element(Tag, Bytes content);
Buffer element(Tag, Parts);
Buffer sequence(Parts);
Buffer sequence_of(const std::vector<Buffer>&);
Buffer set_of(std::vector<Buffer>);  // sorted, as DER asks
Buffer set_of(Parts);                // sorted, as DER asks

Buffer oid_element(const Oid&);
Buffer integer(std::uint32_t);
Buffer integer(Bytes unsigned_big_endian);  // any length: zeros in front dropped, sign octet added
Buffer octets(Bytes);
Buffer bits(Bytes, unsigned unused = 0);
Buffer boolean_true();
Buffer null();
Buffer printable(std::string_view);
Buffer utf8(std::string_view);
Buffer ia5(std::string_view);
Buffer time(Time);  // UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5)

// AlgorithmIdentifier with NULL parameters, and without parameters.
Buffer algorithm(const Oid&);
Buffer algorithm_without_parameters(const Oid&);

}  // namespace scep_ra::asn1
