#include "asn1/der_form.h"
#include "asn1/reader.h"
#include "support/must.h"
#include "support/openssl_walk.h"

// Octets through the bounded walk. What it accepts OpenSSL reads too, to the same elements; its
// limits hold; what follows an element changes nothing, and no part of one is accepted.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

constexpr asn1::ShapeLimits limits;

void judge_cuts(Bytes input, const asn1::DerForm& form) {
  const Bytes element = input.first(form.consumed);
  for (const std::size_t size : {form.consumed - 1, form.consumed / 2, std::size_t{1}})
    if (size < form.consumed)
      must(!asn1::to_der(element.first(size)), "a part of an element is refused");
  Buffer longer = to_buffer(element);
  append(longer, as_bytes("\x30\x80 behind"));
  const auto again = asn1::to_der(longer);
  must(again && again->der == form.der && again->consumed == form.consumed,
       "what follows changes nothing");
}

// Reads all of it as a parser does, and every leaf as everything it could be.
void read_through(Bytes der, std::size_t depth) {
  asn1::Fault fault;
  asn1::Reader reader(der, fault);
  while (!reader.at_end()) {
    const asn1::Element element = reader.any();
    must(!fault, "the walk's output is DER to its reader");
    must(depth <= limits.depth, "depth within its limit");
    if (element.tag & asn1::tag::constructed_bit) {
      read_through(element.content, depth + 1);
      continue;
    }
    static_cast<void>(asn1::string_value(element));
    for (void (*read)(asn1::Reader&) :
         {+[](asn1::Reader& leaf) { leaf.oid(); },
          +[](asn1::Reader& leaf) { leaf.small_unsigned(); },
          +[](asn1::Reader& leaf) { leaf.bits(); }, +[](asn1::Reader& leaf) { leaf.boolean(); },
          +[](asn1::Reader& leaf) { leaf.time(); },
          +[](asn1::Reader& leaf) { leaf.optional_null(); }}) {
      asn1::Fault of_leaf;
      asn1::Reader leaf(element.whole, of_leaf);
      read(leaf);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const auto form = asn1::to_der(input);
  must(asn1::is_der(input) == (form && equal(form->der, input)),
       "octets are DER when there is nothing to change in them");
  if (!form) {
    must(form.error().code == Errc::malformed, "a refusal is `malformed`");
    return 0;
  }
  const auto walked = openssl_walk(input);
  must(walked.has_value(), "OpenSSL reads what the walk accepts");
  must(walked->consumed == form->consumed, "OpenSSL sees the element end in the same place");
  must(walked->elements <= limits.elements && walked->depth <= limits.depth, "limits hold");
  must(test::encoded(walked->node) == form->der, "OpenSSL reads the same elements");
  // Four octets of an indefinite length become two to six.
  must(form->der.size() <= form->consumed + 2 * walked->elements, "the output is no bomb");
  const auto again = asn1::to_der(form->der);
  must(again && again->der == form->der && again->consumed == form->der.size(),
       "the output is its own DER form");
  judge_cuts(input, *form);
  read_through(form->der, 1);
  return 0;
}
