#include "tool/ca_bundle.h"

#include <algorithm>

#include "asn1/reader.h"
#include "crypto/key.h"

namespace scep_ra::tool {

namespace {

using crypto::Certificate;

constexpr unsigned longest_chain = 8;

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::denied, Reason::none, std::move(why));
}

bool is_ca(const Certificate& certificate) {
  const auto* constraints = certificate.extension(asn1::oid::basic_constraints);
  if (!constraints) return false;
  asn1::Fault fault;
  asn1::Reader reader(constraints->value, fault);
  asn1::Reader fields = reader.enter(asn1::tag::sequence);
  return fields.next_is(asn1::tag::boolean) && fields.boolean() && !fault;
}

bool may(const Certificate& certificate, crypto::KeyUsage usage) {
  return (certificate.key_usage().value_or(usage) & usage) != 0;
}

}  // namespace

Result<CaBundle> sorted_by_role(const std::vector<Certificate>& all) {
  if (all.empty()) return refuse("the server sent no certificate");
  std::vector<Certificate> authorities;
  std::vector<Certificate> leaves;
  for (const auto& certificate : all)
    (is_ca(certificate) ? authorities : leaves).push_back(certificate);
  const auto& candidates = leaves.empty() ? all : leaves;
  std::vector<Certificate> signers;
  for (const auto& certificate : candidates)
    if (may(certificate, crypto::digital_signature)) signers.push_back(certificate);
  // RFC 8894, 3.5.2, note: a CA may serve although its keyUsage does not say so.
  if (signers.empty()) signers = candidates;
  const auto recipient = std::ranges::find_if(candidates, [](const Certificate& certificate) {
    return may(certificate, crypto::key_encipherment);
  });
  return CaBundle{std::move(authorities), std::move(signers),
                  recipient == candidates.end() ? candidates.front() : *recipient};
}

bool chains_to(const crypto::Library& library, const Certificate& certificate,
               const Certificate& authority, const std::vector<Certificate>& between) {
  Certificate current = certificate;
  for (unsigned step = 0; step < longest_chain; ++step) {
    if (equal(current.der(), authority.der()) || crypto::is_issued_by(library, current, authority))
      return true;
    const auto issuer = std::ranges::find_if(between, [&](const Certificate& candidate) {
      return is_ca(candidate) && !equal(candidate.der(), current.der()) &&
             crypto::is_issued_by(library, current, candidate);
    });
    if (issuer == between.end()) return false;
    current = *issuer;
  }
  return false;
}

Result<Certificate> trust(const crypto::Library& library, const CaBundle& bundle,
                          const Fingerprint& fingerprint) {
  const auto authority = std::ranges::find_if(
      bundle.authorities,
      [&](const Certificate& certificate) { return matches(library, fingerprint, certificate); });
  if (authority == bundle.authorities.end())
    return refuse("no CA certificate of the server has that fingerprint");
  auto chosen = bundle.signers;
  chosen.push_back(bundle.recipient);
  for (const auto& certificate : chosen)
    if (!chains_to(library, certificate, *authority, bundle.authorities))
      return refuse("the RA certificate " + certificate.subject_text() +
                    " was not issued under the CA of that fingerprint");
  return *authority;
}

}  // namespace scep_ra::tool
