#pragma once

#include <chrono>
#include <string>

#include "enrol/services.h"

namespace scep_ra::enrol {

// How a certificate reaches the sender of a request.
struct Delivery {
  scep::EnvelopeAlgorithms algorithms;  // as the request was made
  Bytes password;  // challengePassword, for a signer whose key cannot decrypt; may be empty
};

// One pkiMessage on its way through the rooms: what is known of it for its event, and how it is
// answered. One a request; not shared between threads.
class Exchange {
 public:
  Exchange(const Services&, const std::string& client_address);

  [[nodiscard]] const Services& services() const { return services_; }
  events::EventRecord& record() { return record_; }

  // Ends a stage of the work and adds its time to the event's `stages_us`.
  void finish_stage(const char* name);

  // A refusal: exactly one event, and a CertRep FAILURE when there is someone to address it to,
  // else an HTTP error. `unavailable` and `internal` are no answers of SCEP: HTTP 503 and 500.
  Outcome refuse(const Error&, const std::optional<scep::Correspondence>&);

  // Come again: HTTP 503 with Retry-After and no event.
  static Outcome come_again();

  // CertRep SUCCESS with certificate and CA certificate (scep-requirements R14).
  Outcome deliver(const scep::PkiMessage&, const Delivery&, const crypto::Certificate& issued,
                  std::vector<Event> events);

  // CertRep SUCCESS with a CRL and no certificate (RFC 8894, 4.6.1; scep-requirements R15).
  Outcome deliver_crl(const scep::PkiMessage&, const Delivery&, Bytes crl);

  // CertRep PENDING.
  Outcome pending(const scep::PkiMessage&, std::vector<Event> events);

 private:
  [[nodiscard]] scep::ReplySigner reply_signer() const;
  [[nodiscard]] scep::EnvelopeAlgorithms reply_algorithms(const Delivery&) const;
  Outcome answer(Result<Buffer> cert_rep, std::vector<Event> events);
  const Services& services_;
  events::EventRecord record_;
  std::chrono::steady_clock::time_point stage_begin_ = std::chrono::steady_clock::now();
};

}  // namespace scep_ra::enrol
