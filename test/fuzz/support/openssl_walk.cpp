#include "support/openssl_walk.h"

#include <algorithm>

#include "openssl.h"

namespace scep_ra::fuzz {
namespace {

using test::Node;

constexpr std::size_t deepest = 64;
constexpr std::uint8_t constructed = 0x20;
constexpr std::uint8_t octet_string = 0x04;

class Walk {
 public:
  explicit Walk(Bytes ber) : at_(ber.data()) {}

  std::optional<Node> element(const std::uint8_t* end, std::size_t depth) {
    depth_ = std::max(depth_, depth);
    ++elements_;
    if (depth > deepest || end - at_ < 2) return std::nullopt;
    Node node{.tag = *at_};
    long length = 0;
    int tag = 0;
    int tag_class = 0;
    const int form = ASN1_get_object(&at_, &length, &tag, &tag_class, end - at_);
    ERR_clear_error();
    if (form & 0x80) return std::nullopt;
    if (!(form & V_ASN1_CONSTRUCTED)) {
      node.content.assign(at_, at_ + length);
      at_ += length;
      return node;
    }
    const bool indefinite = form & 1;
    if (!children(node, indefinite ? end : at_ + length, indefinite, depth)) return std::nullopt;
    if (node.tag == (octet_string | constructed)) return joined(node);
    return node;
  }

  [[nodiscard]] const std::uint8_t* position() const { return at_; }
  [[nodiscard]] std::size_t elements() const { return elements_; }
  [[nodiscard]] std::size_t depth() const { return depth_; }

 private:
  bool children(Node& node, const std::uint8_t* end, bool indefinite, std::size_t depth) {
    for (;;) {
      if (!indefinite && at_ == end) return true;
      if (indefinite && end - at_ >= 2 && at_[0] == 0 && at_[1] == 0) {
        at_ += 2;
        return true;
      }
      auto child = element(end, depth + 1);
      if (!child) return false;
      node.children.push_back(*std::move(child));
    }
  }

  static std::optional<Node> joined(const Node& pieces) {
    Node whole{.tag = octet_string};
    for (const Node& piece : pieces.children) {
      if (piece.tag != octet_string) return std::nullopt;
      append(whole.content, piece.content);
    }
    return whole;
  }

  const std::uint8_t* at_;
  std::size_t elements_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<WalkedElement> openssl_walk(Bytes ber) {
  Walk walk(ber);
  auto node = walk.element(ber.data() + ber.size(), 1);
  if (!node) return std::nullopt;
  return WalkedElement{*std::move(node), static_cast<std::size_t>(walk.position() - ber.data()),
                       walk.elements(), walk.depth()};
}

}  // namespace scep_ra::fuzz
