#pragma once

#include <string>
#include <vector>

#include "parts.h"

namespace scep_ra::tool {

inline constexpr const char* announced =
    "Devices that ask GetNextCACert learn of it once the web server is reloaded. When they have "
    "had the time for that: `scep-ra ca rollover --activate`.";

// RA certificates of a successor for the keys that the RA has.
struct RaCertificates {
  crypto::Certificate signing, encryption;
};
Result<RaCertificates> certify_ra(const Parts&, const crypto::Certificate& successor,
                                  const crypto::PrivateKey&);

// What `ca.next_certificate` holds, PEM: the chain from the successor up, then new RA certificates.
Result<std::string> successor_file(const Parts&, const std::vector<crypto::Certificate>& chain,
                                   const crypto::PrivateKey&);

}  // namespace scep_ra::tool
