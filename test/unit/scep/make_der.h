#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace scep_ra::test {

// ASN.1 by other code than ours, so that tests do not ask our encoder what is right.
struct Node {
  std::uint8_t tag = 0;
  Buffer content = {};              // of a primitive element
  std::vector<Node> children = {};  // of a constructed one (bit 0x20 of the tag)
  bool verbatim = false;            // `content` is the whole element already
};

Node leaf(std::uint8_t tag, Bytes content);
Node constructed(std::uint8_t tag, std::vector<Node> children);
Node verbatim(Bytes whole_element);

Node sequence(std::vector<Node> children);
Node set(std::vector<Node> children);                      // as given, not sorted
Node tagged(unsigned number, std::vector<Node> children);  // [number], constructed
Node oid(const std::string& dotted);                       // by OpenSSL
Node integer(long value);
Node octets(Bytes);
Node printable(std::string_view);
Node null();
Node algorithm(const std::string& dotted);  // with NULL parameters
Node algorithm_without_parameters(const std::string& dotted);

enum class Form {
  der,
  streaming,  // indefinite lengths, OCTET STRINGs in pieces, as Bouncy Castle and iOS write
};
Buffer encoded(const Node&, Form = Form::der);

}  // namespace scep_ra::test
