#include "enrol/renewal.h"

#include <algorithm>

namespace scep_ra::enrol {
namespace {

// The CA that issues now, or one before it.
bool is_ours(const Services& services, const crypto::Certificate& certificate) {
  const auto issued_it = [&](const crypto::Certificate& ca) {
    return crypto::is_issued_by(services.library, certificate, ca);
  };
  return issued_it(services.ca.ca_certificates().front()) ||
         std::ranges::any_of(services.ca.former_certificates(), issued_it);
}

}  // namespace

Result<std::optional<Former>> find_former(const Services& services,
                                          const scep::PkiMessage& message) {
  const crypto::Certificate& signer = message.signer();
  if (!is_ours(services, signer)) return std::nullopt;
  auto stored = services.store.find_certificate(signer.serial_text());
  if (!stored) return std::unexpected(std::move(stored).error());
  if (!*stored || !equal((*stored)->issued.certificate, signer.der())) return std::nullopt;
  return Former{signer, **std::move(stored)};
}

Buffer renewal_hash(const crypto::Library& library, Bytes csr_info_hash, const Former& former) {
  Buffer both = to_buffer(csr_info_hash);
  append(both, library->digest(crypto::Digest::sha256, former.certificate.der()));
  return library->digest(crypto::Digest::sha256, both);
}

Result<Renewal> judge(const Services& services, const Former& former, const crypto::Csr& csr) {
  if (former.stored.revoked || former.stored.ancestor_revoked)
    return fail(
        Errc::denied, Reason::certificate_revoked,
        former.stored.issued.serial +
            (former.stored.revoked ? " is revoked" : " was renewed from one that is revoked"));
  const auto found = services.templates.templates.find(former.stored.certificate_template);
  if (found == services.templates.templates.end())
    return fail(Errc::denied, Reason::renewal_not_allowed,
                "there is no template '" + former.stored.certificate_template + "' any more");
  auto authorisation =
      policy::judge_renewal(former.certificate, csr, found->second, services.clock.seconds());
  if (!authorisation) return std::unexpected(std::move(authorisation).error());
  return Renewal{*std::move(authorisation), found->second};
}

}  // namespace scep_ra::enrol
