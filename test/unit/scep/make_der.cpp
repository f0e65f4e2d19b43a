#include "scep/make_der.h"

#include "openssl.h"

namespace scep_ra::test {
namespace {

constexpr std::uint8_t octet_string = 0x04;
constexpr std::size_t piece_size = 100;

void append_definite(Buffer& out, std::uint8_t tag, Bytes content) {
  out.push_back(tag);
  const std::size_t size = content.size();
  if (size >= 0x10000) {
    out.insert(out.end(), {0x83, static_cast<std::uint8_t>(size >> 16)});
    out.push_back(static_cast<std::uint8_t>(size >> 8));
  } else if (size >= 0x100) {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(size >> 8)});
  } else if (size >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(size));
  append(out, content);
}

Buffer in_pieces(Bytes content) {
  Buffer out{octet_string | 0x20, 0x80};
  for (std::size_t at = 0; at < content.size(); at += piece_size)
    append_definite(out, octet_string,
                    content.subspan(at, std::min(piece_size, content.size() - at)));
  out.insert(out.end(), {0, 0});
  return out;
}

}  // namespace

Node leaf(std::uint8_t tag, Bytes content) {
  return {.tag = tag, .content = to_buffer(content)};
}
Node constructed(std::uint8_t tag, std::vector<Node> children) {
  return {.tag = tag, .children = std::move(children)};
}
Node verbatim(Bytes whole_element) {
  return {.content = to_buffer(whole_element), .verbatim = true};
}
Node sequence(std::vector<Node> children) {
  return constructed(0x30, std::move(children));
}
Node set(std::vector<Node> children) {
  return constructed(0x31, std::move(children));
}
Node tagged(unsigned number, std::vector<Node> children) {
  return constructed(static_cast<std::uint8_t>(0xa0 | number), std::move(children));
}
Node oid(const std::string& dotted) {
  const ObjectPtr object(made(OBJ_txt2obj(dotted.c_str(), 1)));
  return leaf(0x06, Bytes(OBJ_get0_data(object.get()), OBJ_length(object.get())));
}
Node integer(long value) {
  const std::unique_ptr<ASN1_INTEGER, Release<ASN1_INTEGER_free>> number(made(ASN1_INTEGER_new()));
  done(ASN1_INTEGER_set(number.get(), value));
  return verbatim(der_of(number.get(), i2d_ASN1_INTEGER));
}
Node octets(Bytes content) {
  return leaf(octet_string, content);
}
Node printable(std::string_view text) {
  return leaf(0x13, as_bytes(text));
}
Node null() {
  return leaf(0x05, {});
}
Node algorithm(const std::string& dotted) {
  return sequence({oid(dotted), null()});
}
Node algorithm_without_parameters(const std::string& dotted) {
  return sequence({oid(dotted)});
}

Buffer encoded(const Node& node, Form form) {
  if (node.verbatim) return node.content;
  Buffer out;
  if (!(node.tag & 0x20)) {
    if (form == Form::streaming && node.tag == octet_string) return in_pieces(node.content);
    append_definite(out, node.tag, node.content);
    return out;
  }
  Buffer content;
  for (const Node& child : node.children) append(content, encoded(child, form));
  if (form == Form::der) {
    append_definite(out, node.tag, content);
  } else {
    out = {node.tag, 0x80};
    append(out, content);
    out.insert(out.end(), {0, 0});
  }
  return out;
}

}  // namespace scep_ra::test
