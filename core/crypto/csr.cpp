#include "crypto/csr.h"

#include <algorithm>

#include "asn1/der_form.h"
#include "asn1/reader.h"
#include "asn1/writer.h"
#include "crypto/certificate_writer.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

constexpr std::size_t maximum_attributes = 16;
constexpr std::size_t maximum_password = 8192;

// VeriSign's is what SCEP had before PKCS#9 (draft-nourse-scep-23, appendix A).
bool is_extension_request(const asn1::Oid& type) {
  return type == oid::extension_request || type == oid::microsoft_extensions ||
         type == oid::verisign_extensions;
}

}  // namespace

// Attributes ::= SET OF SEQUENCE { type, SET OF value } (RFC 2986, 4.1)
struct Csr::Attributes {
  std::vector<asn1::Oid> seen;
  bool has_extensions = false;

  void read_into(Csr& csr, asn1::Reader& attributes) {
    asn1::Fault& fault = attributes.fault();
    while (!attributes.at_end()) {
      asn1::Reader attribute = attributes.enter(tag::sequence);
      const asn1::Oid type = attribute.oid();
      asn1::Reader values = attribute.enter(tag::set);
      attribute.end();
      if (std::ranges::find(seen, type) != seen.end()) fault.set("an attribute twice");
      if (seen.size() >= maximum_attributes) fault.set("too many attributes");
      seen.push_back(type);
      read_value(csr, type, values);
      if (!values.at_end()) fault.set("an attribute with more than one value");
    }
  }

  void read_value(Csr& csr, const asn1::Oid& type, asn1::Reader& values) {
    if (values.at_end()) return values.fault().set("an attribute without a value");
    if (type == oid::challenge_password) {
      const asn1::Element value = values.any();
      auto text = asn1::string_value(value);
      if (!text || text->size() > maximum_password)
        return values.fault().set("a password that is no text");
      csr.password_ = std::make_shared<const Secret>(*text);
      wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
    } else if (is_extension_request(type)) {
      if (has_extensions) return values.fault().set("two lists of extensions");
      has_extensions = true;
      csr.extensions_ = read_extensions(values);
    } else {
      values.any();
      csr.other_attributes_.push_back(type);
    }
  }
};

// CertificationRequest ::= SEQUENCE { info, signatureAlgorithm, signature } (RFC 2986, 4.2)
Result<Csr> Csr::decode(Bytes der) {
  Csr csr;
  csr.der_ = std::make_shared<const Secret>(der);
  csr.password_ = std::make_shared<const Secret>();
  asn1::Fault fault;
  asn1::Reader reader(csr.der_->reveal(), fault);
  asn1::Reader whole = reader.enter(tag::sequence);
  reader.end();
  const asn1::Element info = whole.take(tag::sequence);
  csr.info_ = info.whole;
  csr.algorithm_ = read_signature_algorithm(whole, std::nullopt);
  csr.signature_ = whole.bits();
  whole.end();

  asn1::Reader fields(info.content, fault);
  fields.small_unsigned();  // version
  asn1::Reader subject = fields;
  csr.subject_ = fields.take(tag::sequence).whole;
  csr.name_ = asn1::read_name(subject);
  csr.public_key_info_ = fields.take(tag::sequence).whole;
  if (fields.next_is(tag::context_constructed(0))) {
    asn1::Reader attributes = fields.enter(tag::context_constructed(0));
    Attributes{}.read_into(csr, attributes);
  }
  fields.end();
  // What we pass over unread is no place for another reading of the same octets.
  if (!asn1::is_der(der)) fault.set("not DER throughout");
  if (fault)
    return fail(Errc::bad_request, Reason::csr_invalid, std::string("PKCS#10: ") + fault.what());
  return csr;
}

const Extension* Csr::extension(const asn1::Oid& type) const {
  const auto found = std::ranges::find(extensions_, type, &Extension::type);
  return found == extensions_.end() ? nullptr : &*found;
}

Result<Buffer> write_csr(const CsrContent& content, const PrivateKey& key) {
  std::vector<Buffer> attributes;
  if (!content.challenge_password.empty()) {
    // PrintableString is what NDES expects (ndes-behaviour 8.2); other characters need UTF-8.
    const std::string_view password = as_text(content.challenge_password.reveal());
    const bool printable = std::ranges::all_of(password, [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
             (letter >= '0' && letter <= '9') || std::string_view(" '()+,-./:=?").contains(letter);
    });
    attributes.push_back(asn1::sequence(
        {asn1::oid_element(oid::challenge_password),
         asn1::set_of({printable ? asn1::printable(password) : asn1::utf8(password)})}));
  }
  if (!content.extensions.empty())
    attributes.push_back(asn1::sequence({asn1::oid_element(oid::extension_request),
                                         asn1::set_of({asn1::sequence_of(content.extensions)})}));
  Buffer attribute_set = asn1::set_of(std::move(attributes));
  attribute_set[0] = tag::context_constructed(0);
  const Buffer info =
      asn1::sequence({asn1::integer(0U), content.subject, key.public_key().info(), attribute_set});
  auto signature = key.sign(usual_digest(key.public_key()), info);
  if (!signature) return std::unexpected(std::move(signature).error());
  return asn1::sequence(
      {info, signature_algorithm_element(key.public_key()), asn1::bits(*signature)});
}

}  // namespace scep_ra::crypto
