#pragma once

#include <string>
#include <vector>

#include "crypto/certificate.h"

namespace scep_ra::bench {

// What GetCACert gave. Nothing is verified: the RA that is asked is the caller's own.
struct RaCertificates {
  std::vector<crypto::Certificate> all;
  std::size_t encryption = 0;  // index of the one that messages are enveloped to

  const crypto::Certificate& recipient() const { return all[encryption]; }
};

Result<RaCertificates> fetch_ra_certificates(const std::string& url);

}  // namespace scep_ra::bench
