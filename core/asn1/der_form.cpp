#include "asn1/der_form.h"

#include <optional>

#include "asn1/reader.h"
#include "asn1/tags.h"

namespace scep_ra::asn1 {
namespace {

bool is_universal(Tag tag) {
  return (tag & 0xc0) == 0;
}

// A constructed one of the universal class that is no string in pieces.
bool is_sequence_or_set(Tag tag) {
  return tag == tag::sequence || tag == tag::set;
}

struct Header {
  Tag tag = 0;
  std::optional<std::size_t> length;  // empty: indefinite
};

// One pass over the input, depth first; every octet is looked at once and copied at most once a
// level, and the depth is bounded, so the time is linear.
class Walk {
 public:
  Walk(Bytes input, const ShapeLimits& limits) : input_(input), limits_(limits) {}

  bool element(Buffer& out, std::size_t depth, std::size_t end) {
    if (depth > limits_.depth) return give_up("nested too deeply");
    if (++elements_ > limits_.elements) return give_up("too many elements");
    Header header;
    if (!read_header(header, end)) return false;
    if (header.tag == 0) return give_up("end-of-contents where nothing ends");
    if (!(header.tag & tag::constructed_bit)) return primitive(header, out, end);
    if (header.tag == (tag::octet_string | tag::constructed_bit)) {
      Buffer octets;
      return fragments(header, octets, depth, end) && write(tag::octet_string, octets, out);
    }
    if (is_universal(header.tag) && !is_sequence_or_set(header.tag))
      return give_up("a constructed string or an unknown constructed type");
    Buffer content;
    return children(header, content, depth, end) && write(header.tag, content, out);
  }

  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] const char* flaw() const { return flaw_; }

 private:
  bool give_up(const char* what) {
    flaw_ = what;
    return false;
  }

  bool read_header(Header& header, std::size_t end) {
    if (end - at_ < 2) return give_up("truncated");
    header.tag = input_[at_++];
    if ((header.tag & 0x1f) == 0x1f) return give_up("a tag number above 30");
    const std::uint8_t first = input_[at_++];
    if (first < 0x80) {
      header.length = first;
    } else if (first == 0x80) {
      if (!(header.tag & tag::constructed_bit)) return give_up("a primitive of indefinite length");
    } else {
      return read_long_length(header, first & 0x7fU, end);
    }
    return !header.length || *header.length <= end - at_ ||
           give_up("a length beyond its surroundings");
  }

  bool read_long_length(Header& header, std::size_t count, std::size_t end) {
    if (count > 4 || count > end - at_) return give_up("a length beyond its surroundings");
    std::size_t length = 0;
    for (std::size_t octet = 0; octet < count; ++octet) length = length << 8 | input_[at_++];
    if (length < 0x80 || length >> (8 * (count - 1)) == 0)
      return give_up("a length that is not minimal");
    header.length = length;
    return length <= end - at_ || give_up("a length beyond its surroundings");
  }

  bool primitive(const Header& header, Buffer& out, std::size_t) {
    const Bytes content = input_.subspan(at_, *header.length);
    at_ += *header.length;
    return write(header.tag, content, out);
  }

  bool children(const Header& header, Buffer& content, std::size_t depth, std::size_t end) {
    const std::size_t stop = header.length ? at_ + *header.length : end;
    while (!ends(header, stop)) {
      if (flaw_ || !element(content, depth + 1, stop)) return false;
    }
    return flaw_ == nullptr;
  }

  // The pieces of a constructed OCTET STRING, themselves OCTET STRINGs of either form.
  bool fragments(const Header& header, Buffer& octets, std::size_t depth, std::size_t end) {
    if (depth > limits_.depth) return give_up("nested too deeply");
    const std::size_t stop = header.length ? at_ + *header.length : end;
    while (!ends(header, stop)) {
      Header piece;
      if (flaw_ || !read_header(piece, stop)) return false;
      if (++elements_ > limits_.elements) return give_up("too many elements");
      if (piece.tag == (tag::octet_string | tag::constructed_bit)) {
        if (!fragments(piece, octets, depth + 1, stop)) return false;
      } else if (piece.tag == tag::octet_string) {
        append(octets, input_.subspan(at_, *piece.length));
        at_ += *piece.length;
      } else {
        return give_up("an OCTET STRING made of something else");
      }
    }
    return flaw_ == nullptr;
  }

  // True at the end of a constructed element, or when end-of-contents cannot come any more.
  bool ends(const Header& header, std::size_t stop) {
    if (header.length) return at_ == stop;
    if (stop - at_ < 2) {
      give_up("end-of-contents is missing");
      return true;
    }
    if (input_[at_] != 0) return false;
    if (input_[at_ + 1] != 0) {
      give_up("end-of-contents with a length");
      return true;
    }
    at_ += 2;
    return true;
  }

  static bool write(Tag tag, Bytes content, Buffer& out) {
    out.push_back(tag);
    if (content.size() < 0x80) {
      out.push_back(static_cast<std::uint8_t>(content.size()));
    } else {
      unsigned count = 1;
      while (content.size() >> (8 * count) != 0) ++count;
      out.push_back(static_cast<std::uint8_t>(0x80 | count));
      while (count-- > 0) out.push_back(static_cast<std::uint8_t>(content.size() >> (8 * count)));
    }
    append(out, content);
    return true;
  }

  Bytes input_;
  const ShapeLimits& limits_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
  const char* flaw_ = nullptr;
};

// Elements that follow each other, and what is in them; counts down those that there may be.
bool are_der(Reader elements, std::size_t depth, std::size_t& left) {
  while (!elements.at_end()) {
    if (depth == 0 || left-- == 0) return false;
    const Element one = elements.any();
    if (one.tag == 0) return false;
    if (!(one.tag & tag::constructed_bit)) continue;
    if (is_universal(one.tag) && !is_sequence_or_set(one.tag)) return false;
    if (!are_der(Reader(one.content, elements.fault()), depth - 1, left)) return false;
  }
  return !elements.fault();
}

}  // namespace

bool is_der(Bytes octets, const ShapeLimits& limits) {
  Fault fault;
  Reader reader(octets, fault);
  const Element whole = reader.any();
  reader.end();
  std::size_t left = limits.elements;
  return !fault && are_der(Reader(whole.whole, fault), limits.depth, left);
}

Result<DerForm> to_der(Bytes ber, const ShapeLimits& limits) {
  Walk walk(ber, limits);
  DerForm form;
  form.der.reserve(ber.size());
  if (!walk.element(form.der, 1, ber.size()))
    return fail(Errc::malformed, Reason::message_unreadable,
                std::string(walk.flaw()) + " at octet " + std::to_string(walk.position()));
  form.consumed = walk.position();
  return form;
}

}  // namespace scep_ra::asn1
