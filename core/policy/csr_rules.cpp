#include "policy/csr_rules.h"

#include <algorithm>
#include <array>

#include "asn1/reader.h"
#include "policy/name_rules.h"

namespace scep_ra::policy {

namespace {

namespace oid = asn1::oid;
using asn1::Oid;

// What clients add to every request and no certificate of ours takes over (scep-requirements
// section 3 and X12; friendlyName: certmonger; unstructuredName: `openssl req`).
constexpr std::array harmless_attributes = {
    oid::microsoft_os_version,
    oid::microsoft_client_info,
    oid::microsoft_csp,
    oid::fixed("1.2.840.113549.1.9.20"),  // friendlyName
    oid::unstructured_name,
};

// The CA sets its own; Windows asks for a critical one (scep-requirements X12).
constexpr std::array harmless_extensions = {oid::subject_key_identifier,
                                            oid::authority_key_identifier};

template <std::size_t N>
bool among(const std::array<Oid, N>& list, const Oid& type) {
  return std::ranges::find(list, type) != list.end();
}

std::unexpected<Error> refuse(Reason reason, std::string detail) {
  return fail(Errc::denied, reason, std::move(detail));
}

// scep-requirements N19.
Status judge_key(const crypto::PublicKey& key, const Template& chosen) {
  const bool rsa = key.kind() == crypto::KeyKind::rsa;
  if (std::ranges::find(chosen.key_algorithms, key.kind()) == chosen.key_algorithms.end())
    return fail(Errc::bad_alg, Reason::key_not_allowed,
                std::string("key: the template does not allow ") + (rsa ? "RSA" : "EC"));
  if (rsa && key.bits() < chosen.minimum_key_size)
    return fail(Errc::bad_alg, Reason::key_too_short,
                "key: RSA of " + std::to_string(key.bits()) + " bits, at least " +
                    std::to_string(chosen.minimum_key_size));
  return {};
}

Status judge_usable(const crypto::PublicKey& key, const Template& chosen) {
  if (usable_key_usage(key, chosen) != 0) return {};
  return refuse(Reason::key_usage_not_allowed,
                "key: an EC key can do nothing that the template's key_usage names");
}

constexpr std::array<std::string_view, 9> key_usage_names = {
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};

Status judge_key_usage(const crypto::Extension& extension, const Template& chosen) {
  const auto requested = crypto::read_key_usage(extension.value);
  if (!requested) return refuse(Reason::key_usage_not_allowed, "keyUsage: unreadable");
  const unsigned excess = *requested & ~unsigned{chosen.key_usage};
  if (excess == 0) return {};
  std::string detail = "keyUsage: the template does not allow";
  for (std::size_t bit = 0; bit < key_usage_names.size(); ++bit)
    if ((excess >> bit) & 1U) detail.append(" ").append(key_usage_names[bit]);
  return refuse(Reason::key_usage_not_allowed, std::move(detail));
}

Status judge_extended_key_usage(const crypto::Extension& extension, const Template& chosen) {
  const auto requested = crypto::read_extended_key_usage(extension.value);
  if (!requested) return refuse(Reason::key_usage_not_allowed, "extendedKeyUsage: unreadable");
  for (const auto& usage : *requested)
    if (std::ranges::find(chosen.application_policies, usage) == chosen.application_policies.end())
      return refuse(Reason::key_usage_not_allowed,
                    "extendedKeyUsage: the template does not allow " + usage.dotted());
  return {};
}

// RFC 5280, 4.2.1.9. CA:FALSE says what every certificate of ours says.
Status judge_basic_constraints(const crypto::Extension& extension) {
  asn1::Fault fault;
  asn1::Reader outer(extension.value, fault);
  asn1::Reader constraints = outer.enter(asn1::tag::sequence);
  const bool ca = constraints.next_is(asn1::tag::boolean) && constraints.boolean();
  constraints.end();
  outer.end();
  if (!ca && !fault) return {};
  return refuse(Reason::extension_not_allowed, "basicConstraints: CA:TRUE or unreadable");
}

Status judge_extension(const crypto::Extension& extension, const Template& chosen) {
  if (extension.type == oid::subject_alternative_name)
    return judge_alternative_names(extension, chosen.subject_alternative_names);
  if (extension.type == oid::key_usage) return judge_key_usage(extension, chosen);
  if (extension.type == oid::extended_key_usage) return judge_extended_key_usage(extension, chosen);
  if (extension.type == oid::basic_constraints) return judge_basic_constraints(extension);
  if (among(harmless_extensions, extension.type)) return {};
  return refuse(Reason::extension_not_allowed,
                "extension " + extension.type.dotted() + ": not one a device may ask for");
}

}  // namespace

std::uint16_t usable_key_usage(const crypto::PublicKey& key, const Template& chosen) {
  constexpr unsigned not_for_ec = crypto::key_encipherment | crypto::data_encipherment;
  return static_cast<std::uint16_t>(
      key.kind() == crypto::KeyKind::ec ? chosen.key_usage & ~not_for_ec : chosen.key_usage);
}

Status judge_csr(const crypto::Csr& csr, const crypto::PublicKey& key, const Template& chosen) {
  if (Status judged = judge_key(key, chosen); !judged) return judged;
  if (Status judged = judge_usable(key, chosen); !judged) return judged;
  if (Status judged = judge_subject(csr.subject_name(), chosen.subject); !judged) return judged;
  for (const auto& extension : csr.extensions())
    if (Status judged = judge_extension(extension, chosen); !judged) return judged;
  for (const auto& type : csr.other_attributes())
    if (!among(harmless_attributes, type))
      return refuse(Reason::attribute_not_allowed,
                    "attribute " + type.dotted() + ": not one a device may send");
  return {};
}

}  // namespace scep_ra::policy
