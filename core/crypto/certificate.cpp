#include "crypto/certificate.h"

#include <algorithm>

#include "base/base64.h"
#include "base/hex.h"
#include "base/text.h"
#include "crypto/key.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

// RFC 5280 says 20; certmonger's self-signed certificates carry a SHA-256 of the key, 33 octets.
constexpr std::size_t maximum_serial = 33;

// Empty when it cannot be read.
asn1::Name name_of(Bytes der) {
  asn1::Fault fault;
  asn1::Reader reader(der, fault);
  return asn1::read_name(reader);
}

std::string text_of_serial(Bytes octets) {
  while (octets.size() > 1 && octets.front() == 0) octets = octets.subspan(1);
  return hex_lower(octets);
}

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
  return text_of_serial(serial_);
}

std::string IssuerAndSerial::serial_text() const {
  return text_of_serial(serial_);
}

std::string Certificate::subject_text() const {
  asn1::Fault fault;
  asn1::Reader reader(subject_, fault);
  const asn1::Name name = asn1::read_name(reader);
  return fault ? std::string("(unreadable)") : escaped(asn1::name_text(name));
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

bool is_signed_by(const Library& library, Bytes signed_element, const Certificate& signer) {
  asn1::Fault fault;
  asn1::Reader reader(signed_element, fault);
  asn1::Reader whole = reader.enter(tag::sequence);
  const Bytes to_be_signed = whole.take(tag::sequence).whole;
  const auto algorithm = read_signature_algorithm(whole, std::nullopt);
  const Bytes signature = whole.bits();
  const auto key = PublicKey::decode(library, signer.public_key_info());
  return !fault && algorithm && key && key->verify(*algorithm, to_be_signed, signature);
}

bool is_issued_by(const Library& library, const Certificate& certificate,
                  const Certificate& issuer) {
  return equal(certificate.issuer(), issuer.subject()) &&
         is_signed_by(library, certificate.der(), issuer);
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

IssuerAndSerial IssuerAndSerial::read(asn1::Reader& fields) {
  IssuerAndSerial read;
  read.issuer_ = fields.take(tag::sequence).whole;
  read.serial_ = fields.take(tag::integer).content;
  fields.end();
  read.issuer_name_ = name_of(read.issuer_);
  return read;
}

bool IssuerAndSerial::names(const Certificate& certificate) const {
  if (!equal(certificate.serial(), serial_)) return false;
  if (equal(certificate.issuer(), issuer_)) return true;
  // The same name in another string type is the same issuer (scep-requirements E8).
  return !issuer_name_.empty() && asn1::same_name(name_of(certificate.issuer()), issuer_name_);
}

}  // namespace scep_ra::crypto
