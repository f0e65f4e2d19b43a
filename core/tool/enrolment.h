#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "tool/fingerprint.h"
#include "tool/scep_client.h"

namespace scep_ra::tool {

// A certificate to be renewed, and its key.
struct HeldCertificate {
  crypto::Certificate certificate;
  crypto::PrivateKey key;
};

// What to do about a request that waits for approval.
struct Polling {
  Seconds interval{10};
  Seconds at_most{0};  // then Errc::denied; 0: not at all
  // Called once, before the first poll: keeps the key, without which the approval is worth nothing.
  std::function<Status(const crypto::PrivateKey&)> keep_key = nullptr;
  // A key kept so: the request was sent earlier, only its answer is polled for.
  std::optional<crypto::PrivateKey> kept_key = std::nullopt;
};

struct EnrolmentWish {
  Buffer subject;   // whole Name; empty: that of `renewed`
  Secret password;  // empty: none
  // "dns:a.example", "ip:192.0.2.1", ...; empty: those of `renewed`
  std::vector<std::string> alternative_names;
  std::string key_type = "rsa:2048";
  std::uint16_t key_usage = crypto::digital_signature | crypto::key_encipherment;  // asked for
  std::optional<Fingerprint> ca_fingerprint;  // empty: whatever the server says is believed
  bool get = false;                           // by GET although the server takes POST
  std::optional<HeldCertificate> renewed = std::nullopt;
  Polling polling = {};
};

struct Enrolment {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
  std::vector<crypto::Certificate> authorities;
  Manner manner;
};

// An enrolment or a renewal (RFC 8894, 2.3, 2.5, 4.3): GetCACaps, GetCACert, a new key, PKCSReq or,
// where the server lists Renewal, RenewalReq, its CertRep, and CertPoll while it is PENDING. What
// comes back is believed only when an RA of the bundle signed it for this request and the
// certificate carries the new key. Errc::denied for FAILURE and for what is still PENDING,
// Errc::unavailable.
Result<Enrolment> enrol(const crypto::Library&, const Clock&, ScepClient&, const EnrolmentWish&);

}  // namespace scep_ra::tool
