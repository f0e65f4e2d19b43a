#include "tool/successor.h"

#include "ca/local_ca.h"
#include "tool/ca_material.h"

namespace scep_ra::tool {

namespace {

constexpr Seconds ra_life{2 * 365 * 86400};  // as `init` gives them

Result<crypto::Certificate> certified(const Parts& parts, ca::RaRole role,
                                      const crypto::Certificate& present,
                                      const crypto::Certificate& successor,
                                      const crypto::PrivateKey& key) {
  const auto subject_key = crypto::PublicKey::decode(parts.library, present.public_key_info());
  if (!subject_key) return std::unexpected(subject_key.error());
  const auto der =
      ca::write_ra_certificate(parts.library, parts.clock, role, present.subject(), ra_life,
                               *subject_key, successor, key, parts.settings.ca.crl_url);
  if (!der) return std::unexpected(der.error());
  return crypto::Certificate::decode(*der);
}

}  // namespace

Result<RaCertificates> certify_ra(const Parts& parts, const crypto::Certificate& successor,
                                  const crypto::PrivateKey& key) {
  auto signing =
      certified(parts, ca::RaRole::signing, parts.keys->signer().certificate, successor, key);
  if (!signing) return std::unexpected(std::move(signing).error());
  auto encryption = certified(parts, ca::RaRole::encryption,
                              parts.keys->recipients().front().certificate, successor, key);
  if (!encryption) return std::unexpected(std::move(encryption).error());
  return RaCertificates{*std::move(signing), *std::move(encryption)};
}

Result<std::string> successor_file(const Parts& parts,
                                   const std::vector<crypto::Certificate>& chain,
                                   const crypto::PrivateKey& key) {
  const auto ra = certify_ra(parts, chain.front(), key);
  if (!ra) return std::unexpected(ra.error());
  return pem_of(chain) + pem_of({ra->signing, ra->encryption});
}

}  // namespace scep_ra::tool
