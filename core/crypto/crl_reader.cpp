#include <algorithm>
#include <array>
#include <utility>

#include "asn1/reader.h"
#include "base/text.h"
#include "crypto/crl.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

constexpr std::array reasons{
    std::pair{CrlReason::unspecified, std::string_view("unspecified")},
    std::pair{CrlReason::key_compromise, std::string_view("keyCompromise")},
    std::pair{CrlReason::ca_compromise, std::string_view("cACompromise")},
    std::pair{CrlReason::affiliation_changed, std::string_view("affiliationChanged")},
    std::pair{CrlReason::superseded, std::string_view("superseded")},
    std::pair{CrlReason::cessation_of_operation, std::string_view("cessationOfOperation")},
    std::pair{CrlReason::certificate_hold, std::string_view("certificateHold")},
    std::pair{CrlReason::remove_from_crl, std::string_view("removeFromCRL")},
    std::pair{CrlReason::privilege_withdrawn, std::string_view("privilegeWithdrawn")},
    std::pair{CrlReason::aa_compromise, std::string_view("aACompromise")},
};

CrlReason read_reason(const std::vector<Extension>& extensions, asn1::Fault& fault) {
  const auto found = std::ranges::find(extensions, oid::crl_reason, &Extension::type);
  if (found == extensions.end()) return CrlReason::unspecified;
  asn1::Reader value(found->value, fault);
  const Bytes content = value.take(tag::enumerated).content;
  value.end();
  const auto reason = content.size() == 1 ? crl_reason_of(content.front()) : std::nullopt;
  if (!reason) fault.set("an unknown CRLReason");
  return reason.value_or(CrlReason::unspecified);
}

RevokedCertificate read_entry(asn1::Reader fields) {
  RevokedCertificate revoked;
  Bytes serial = fields.integer();
  while (serial.size() > 1 && serial.front() == 0) serial = serial.subspan(1);
  revoked.serial = to_buffer(serial);
  revoked.at = fields.time();
  if (!fields.at_end()) revoked.reason = read_reason(read_extensions(fields), fields.fault());
  fields.end();
  return revoked;
}

std::uint64_t read_number(const std::vector<Extension>& extensions, asn1::Fault& fault) {
  const auto found = std::ranges::find(extensions, oid::crl_number, &Extension::type);
  if (found == extensions.end()) {
    fault.set("a CRL without a number");
    return 0;
  }
  asn1::Reader value(found->value, fault);
  Bytes octets = value.integer();
  value.end();
  if (octets.size() > 1 && octets.front() == 0) octets = octets.subspan(1);
  if (octets.size() > sizeof(std::uint64_t)) fault.set("a CRL number above 64 bits");
  std::uint64_t number = 0;
  for (std::uint8_t octet : octets) number = number << 8 | octet;
  return number;
}

}  // namespace

std::string_view word(CrlReason reason) noexcept {
  const auto* found = std::ranges::find(reasons, reason, &decltype(reasons)::value_type::first);
  return found == reasons.end() ? "unspecified" : found->second;
}

std::optional<CrlReason> crl_reason_named(std::string_view name) noexcept {
  for (const auto& [reason, known] : reasons)
    if (equal_ignoring_case(known, name)) return reason;
  return std::nullopt;
}

std::optional<CrlReason> crl_reason_of(unsigned number) noexcept {
  for (const auto& [reason, name] : reasons)
    if (static_cast<unsigned>(reason) == number) return reason;
  return std::nullopt;
}

// TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate,
// revokedCertificates OPTIONAL, [0] crlExtensions } (RFC 5280, 5.1)
void Crl::read(asn1::Reader& fields) {
  if (fields.small_unsigned() != 1) fields.fault().set("a CRL of another version than 2");
  fields.take(tag::sequence);  // signature algorithm
  issuer_ = fields.take(tag::sequence).whole;
  this_update_ = fields.time();
  next_update_ = fields.time();
  if (fields.next_is(tag::sequence)) {
    asn1::Reader list = fields.enter(tag::sequence);
    while (!list.at_end()) revoked_.push_back(read_entry(list.enter(tag::sequence)));
  }
  asn1::Reader wrapped = fields.enter(tag::context_constructed(0));
  fields.end();
  number_ = read_number(read_extensions(wrapped), fields.fault());
  wrapped.end();
}

Result<Crl> Crl::decode(Bytes der) {
  Crl crl;
  crl.der_ = std::make_shared<const Buffer>(to_buffer(der));
  asn1::Fault fault;
  asn1::Reader reader(*crl.der_, fault);
  asn1::Reader whole = reader.enter(tag::sequence);
  reader.end();
  const asn1::Element tbs = whole.take(tag::sequence);
  crl.tbs_ = tbs.whole;
  whole.take(tag::sequence);
  whole.take(tag::bit_string);
  whole.end();
  asn1::Reader fields(tbs.content, fault);
  crl.read(fields);
  if (fault)
    return fail(Errc::bad_request, Reason::certificate_unreadable,
                std::string("not exactly one CRL: ") + fault.what());
  return crl;
}

bool Crl::is_issued_by(const Library& library, const Certificate& issuer) const {
  return equal(issuer_, issuer.subject()) && is_signed_by(library, *der_, issuer);
}

}  // namespace scep_ra::crypto
