#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "tool/fingerprint.h"
#include "tool/scep_client.h"

namespace scep_ra::tool {

struct EnrolmentWish {
  Buffer subject;                              // whole Name
  Secret password;                             // empty: none
  std::vector<std::string> alternative_names;  // "dns:a.example", "ip:192.0.2.1", ...
  std::string key_type = "rsa:2048";
  std::uint16_t key_usage = crypto::digital_signature | crypto::key_encipherment;  // asked for
  std::optional<Fingerprint> ca_fingerprint;  // empty: whatever the server says is believed
  bool get = false;                           // by GET although the server takes POST
};

struct Enrolment {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
  std::vector<crypto::Certificate> authorities;
  Manner manner;
};

// A first enrolment (RFC 8894, 2.3, 4.3): GetCACaps, GetCACert, a new key, PKCSReq, CertRep. What
// comes back is believed only when an RA of the bundle signed it for this request and the
// certificate carries the new key. Errc::denied for FAILURE and PENDING, Errc::unavailable.
Result<Enrolment> enrol(const crypto::Library&, const Clock&, ScepClient&, const EnrolmentWish&);

}  // namespace scep_ra::tool
