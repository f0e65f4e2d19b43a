#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scep/pki_message.h"
#include "scep/profile.h"

namespace scep_ra::scep {

// What an answer is made with: the RA signing pair, and how this RA speaks on the wire.
struct ReplySigner {
  const crypto::Library& library;
  const crypto::Certificate& certificate;
  const crypto::PrivateKey& key;
  const Profile& profile;
  const AlgorithmPolicy& policy;
};

// CertRep SUCCESS (RFC 8894, 3.3.2.1): `content`, a degenerate SignedData, enveloped to the signer
// of the request (scep-requirements R11) or, when its key cannot decrypt, to the challengePassword
// (E9).
Result<Buffer> write_success(const ReplySigner&, const PkiMessage& request,
                             const EnvelopeAlgorithms&, Bytes password, Bytes content);

// CertRep PENDING (RFC 8894, 3.3.2.3).
Result<Buffer> write_pending(const ReplySigner&, const Correspondence&);

// CertRep FAILURE. failInfoText comes from failInfo alone, so that it tells no more (threats rule
// 3).
Result<Buffer> write_failure(const ReplySigner&, const Correspondence&, FailInfo);

// Whether an envelope to that signer can be made at all, the password of the request known; asked
// before the CA is (threats rule 7, scep-requirements E10). Errc::bad_alg.
Status deliverable(const PkiMessage& request, Bytes password);

}  // namespace scep_ra::scep
