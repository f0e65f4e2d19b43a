#include "crypto/certificate.h"

#include <algorithm>

#include "base/base64.h"
#include "base/hex.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

// RFC 5280 says 20; certmonger's self-signed certificates carry a SHA-256 of the key, 33 octets.
constexpr std::size_t maximum_serial = 33;

}  // namespace

// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280, 4.1)
Result<Certificate> Certificate::decode(Bytes der) {
  Certificate certificate;
  certificate.der_ = std::make_shared<const Buffer>(to_buffer(der));
  asn1::Fault fault;
  asn1::Reader reader(*certificate.der_, fault);
  asn1::Reader whole = reader.enter(tag::sequence);
  reader.end();
  const asn1::Element tbs = whole.take(tag::sequence);
  whole.take(tag::sequence);
  whole.take(tag::bit_string);
  whole.end();
  certificate.tbs_ = tbs.whole;

  asn1::Reader fields(tbs.content, fault);
  if (fields.next_is(tag::context_constructed(0))) {
    asn1::Reader version = fields.enter(tag::context_constructed(0));
    if (version.small_unsigned() > 2) fault.set("a version above 3");  // 1 to 3 are read alike
    version.end();
  }
  certificate.serial_ = fields.take(tag::integer).content;
  if (certificate.serial_.empty() || certificate.serial_.size() > maximum_serial)
    fault.set("a serial number of another length than 1 to 33 octets");
  fields.take(tag::sequence);  // signature algorithm
  certificate.issuer_ = fields.take(tag::sequence).whole;
  asn1::Reader validity = fields.enter(tag::sequence);
  certificate.not_before_ = validity.time();
  certificate.not_after_ = validity.time();
  validity.end();
  certificate.subject_ = fields.take(tag::sequence).whole;
  certificate.public_key_info_ = fields.take(tag::sequence).whole;
  fields.optional(tag::context(1));  // issuerUniqueID, subjectUniqueID
  fields.optional(tag::context(2));
  if (fields.next_is(tag::context_constructed(3))) {
    asn1::Reader extensions = fields.enter(tag::context_constructed(3));
    certificate.extensions_ = read_extensions(extensions);
    extensions.end();
  }
  fields.end();
  if (fault)
    return fail(Errc::bad_request, Reason::certificate_unreadable,
                std::string("not exactly one certificate: ") + fault.what());
  return certificate;
}

std::string Certificate::serial_text() const {
  Bytes octets = serial_;
  while (octets.size() > 1 && octets.front() == 0) octets = octets.subspan(1);
  return hex_lower(octets);
}

std::string Certificate::subject_text() const {
  asn1::Fault fault;
  asn1::Reader reader(subject_, fault);
  const asn1::Name name = asn1::read_name(reader);
  return fault ? std::string("(unreadable)") : asn1::name_text(name);
}

const Extension* Certificate::extension(const asn1::Oid& type) const {
  const auto found = std::ranges::find(extensions_, type, &Extension::type);
  return found == extensions_.end() ? nullptr : &*found;
}

std::optional<std::uint16_t> Certificate::key_usage() const {
  const Extension* found = extension(oid::key_usage);
  return found ? read_key_usage(found->value) : std::nullopt;
}

std::optional<Bytes> Certificate::subject_key_identifier() const {
  const Extension* found = extension(oid::subject_key_identifier);
  if (!found) return std::nullopt;
  asn1::Fault fault;
  asn1::Reader reader(found->value, fault);
  const Bytes identifier = reader.octets();
  reader.end();
  return fault ? std::nullopt : std::optional<Bytes>(identifier);
}

Result<std::vector<Certificate>> decode_pem_certificates(std::string_view pem) {
  std::vector<Certificate> certificates;
  for (const Buffer& der : pem_decode("CERTIFICATE", pem)) {
    auto certificate = Certificate::decode(der);
    if (!certificate)
      return fail(Errc::config, Reason::certificate_unreadable, certificate.error().detail);
    certificates.push_back(*std::move(certificate));
  }
  if (certificates.empty())
    return fail(Errc::config, Reason::certificate_unreadable, "no certificate in PEM");
  return certificates;
}

bool same_issuer_and_serial(const Certificate& certificate, Bytes issuer, Bytes serial) {
  if (!equal(certificate.serial(), serial)) return false;
  if (equal(certificate.issuer(), issuer)) return true;
  // The same name in another string type is the same issuer (scep-requirements E8).
  asn1::Fault fault;
  asn1::Reader ours(certificate.issuer(), fault);
  asn1::Reader theirs(issuer, fault);
  const asn1::Name our_name = asn1::read_name(ours);
  const asn1::Name their_name = asn1::read_name(theirs);
  return !fault && asn1::same_name(our_name, their_name);
}

}  // namespace scep_ra::crypto
