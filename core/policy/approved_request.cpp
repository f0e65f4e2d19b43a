#include "policy/approved_request.h"

#include "policy/csr_rules.h"

namespace scep_ra::policy {

Result<ApprovedRequest> approve(crypto::Csr csr, const crypto::PublicKey& key,
                                const Template& chosen, Authorisation authorisation,
                                std::string transaction_id) {
  if (!equal(csr.public_key_info(), key.info()))
    return fail(Errc::internal, Reason::internal_error, "the key judged is not the request's");
  if (authorisation.kind() == Authorisation::Kind::password && authorisation.password_mac().empty())
    return fail(Errc::denied, Reason::password_missing, "authorised by no password");
  if (authorisation.kind() == Authorisation::Kind::certificate && authorisation.serial().empty())
    return fail(Errc::denied, Reason::renewal_not_allowed, "authorised by no certificate");
  if (Status judged = judge_csr(csr, key, chosen); !judged)
    return std::unexpected(std::move(judged).error());
  return ApprovedRequest(std::move(csr), chosen, usable_key_usage(key, chosen),
                         std::move(authorisation), std::move(transaction_id));
}

}  // namespace scep_ra::policy
