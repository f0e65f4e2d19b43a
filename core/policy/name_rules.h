#pragma once

#include "crypto/csr.h"
#include "policy/template.h"
#include "scep-ra/error.h"

namespace scep_ra::policy {

// The two names a device chooses. Errc::denied with subject_missing, subject_not_allowed or
// san_not_allowed.
Status judge_subject(const asn1::Name&, const SubjectRules&);
Status judge_alternative_names(const crypto::Extension& subject_alternative_name,
                               const AlternativeNameRules&);

}  // namespace scep_ra::policy
