#pragma once

#include <optional>

#include "enrol/services.h"
#include "policy/renewal_rules.h"
#include "scep/pki_message.h"

namespace scep_ra::enrol {

// A certificate of ours that signed a request, and what the store says of it.
struct Former {
  const crypto::Certificate& certificate;
  store::StoredCertificate stored;
};

// Empty: the signer is a stranger to this RA (scep-requirements N5, N12). A signer is ours when the
// CA's key has signed it and the store holds these very octets: neither a name nor a serial number
// proves anything (threats-and-tests A7). Errc::unavailable.
Result<std::optional<Former>> find_former(const Services&, const scep::PkiMessage&);

// What identifies a renewal in the store: a device may send the very CSR again that it enrolled
// with, and that is another request.
Buffer renewal_hash(const crypto::Library&, Bytes csr_info_hash, const Former&);

struct Renewal {
  policy::Authorisation authorisation;
  const policy::Template& certificate_template;
};

// Whether it authorises the request: under the template it was issued under, not revoked, nor what
// it was renewed from. Errc::denied.
Result<Renewal> judge(const Services&, const Former&, const crypto::Csr&);

}  // namespace scep_ra::enrol
