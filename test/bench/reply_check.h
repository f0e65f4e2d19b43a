#pragma once

#include <string>
#include <string_view>

#include "message_maker.h"

namespace scep_ra::bench {

// pkiStatus and failInfo as they stand in the octets of a CertRep, found without reading it; empty:
// not there.
struct Glimpse {
  std::string pki_status;
  std::string fail_info;
};
Glimpse glimpse(std::string_view cert_rep);

// The certificate of a SUCCESS after every check a client makes: signed by the RA, to this
// transactionID and nonce, opened with the device's key, and for its subject and its key.
Result<crypto::Certificate> verified_certificate(const crypto::Library&, const RaCertificates&,
                                                 const Message&, std::string_view cert_rep);

}  // namespace scep_ra::bench
