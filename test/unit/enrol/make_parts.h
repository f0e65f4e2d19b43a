#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>

#include "ca/ca_backend.h"
#include "events/event_sink.h"
#include "keys/key_store.h"
#include "scep/make_ra.h"
#include "store/state_store.h"

// What stands around enrolment, each part with a screw for the test to turn.
namespace scep_ra::test {

// Now, and what a test adds to it: the RA's certificates are valid from now, too.
class ExchangeClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> now() const override {
    return now_;
  }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  std::chrono::sys_time<std::chrono::microseconds> now_ =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
};

// A CA that does what a test says and remembers what it was asked.
class StubCa final : public ca::CaBackend {
 public:
  using Answer = std::function<Result<ca::CaDecision>(const policy::ApprovedRequest&)>;

  StubCa();
  [[nodiscard]] const std::vector<crypto::Certificate>& ca_certificates() const override {
    return chain_;
  }
  Result<ca::CaDecision> submit(const policy::ApprovedRequest&) override;

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }

  // A certificate by OpenSSL for the request's CN and key, or for another key.
  ca::Issued certify(const policy::ApprovedRequest&, EVP_PKEY* other_key = nullptr);

  Answer answer;              // empty: it certifies
  std::vector<Buffer> asked;  // the CSRs
  long valid_from = -3600;    // of what it issues, seconds from now
  long validity = 3600;       // likewise, until when
  std::vector<std::pair<std::string, std::string>> extensions;  // OpenSSL's configuration syntax

 private:
  std::mutex mutex_;  // guards `asked` and the serial
  std::vector<crypto::Certificate> chain_;
  CertificatePtr certificate_;
  int serial_ = 100;
};
EVP_PKEY* stub_ca_key();

// The RA's two pairs; counts how often somebody looks for a key that opens envelopes.
class StubKeys final : public keys::KeyStore {
 public:
  [[nodiscard]] const keys::RaPair& signer() const override { return pair; }
  [[nodiscard]] const std::vector<scep::Recipient>& recipients() const override {
    ++looked_at;
    return opening;
  }

  keys::RaPair pair{core_certificate(ra_signing()), core_key(ra_signing())};
  std::vector<scep::Recipient> opening = core_recipients({ra_encryption()});
  mutable std::atomic<int> looked_at = 0;
};

// A store that works until a test says what fails.
class FaultyStore final : public store::StateStore {
 public:
  explicit FaultyStore(std::unique_ptr<store::StateStore> inner) : inner_(std::move(inner)) {}

  struct Faults {
    std::optional<Error> usable, find, claim, record, release, pending, poll, certificate;
  } faults;

  Status open() override { return inner_->open(); }
  Status probe() override { return inner_->probe(); }
  Status record_event(const store::StoredEvent&) override;
  void purge() noexcept override { inner_->purge(); }
  Status add_password(const store::Password&, unsigned maximum, const store::StoredEvent&) override;
  Result<bool> password_usable(Bytes mac, Bytes csr_info_hash) override;
  Result<std::vector<store::OutstandingPassword>> outstanding_passwords() override;
  Result<std::size_t> revoke_passwords(const std::string& id, const store::StoredEvent&) override;
  Result<store::Known> find_request(const store::RequestKey&) override;
  Result<store::ClaimOutcome> spend_and_claim(const store::Claim&) override;
  Status record_issue(const store::Issue&, const store::StoredEvent&) override;
  Status release_claim(const store::RequestKey&, const store::StoredEvent&) override;
  Status record_pending(const store::WaitingRequest&, const store::WaitingLimits&,
                        const store::StoredEvent&) override;
  Result<store::Polled> poll_request(const std::string& transaction_id,
                                     Bytes signer_key_hash) override;
  Result<std::vector<store::RequestSummary>> list_requests(std::optional<store::RequestState>,
                                                           std::size_t maximum) override;
  Result<std::optional<store::WaitingRequest>> waiting_request(const std::string& id) override;
  Result<bool> claim_waiting(const store::RequestKey&) override;
  Result<bool> deny_waiting(const store::RequestKey&, const store::StoredEvent&) override;
  Result<std::size_t> expire_waiting(Seconds life, const store::StoredEvent&) override;
  Result<std::optional<store::StoredCertificate>> find_certificate(
      const std::string& serial) override;

  Result<std::vector<store::StoredCertificate>> list_certificates(
      const store::CertificateFilter& filter, std::size_t maximum) override {
    return inner_->list_certificates(filter, maximum);
  }
  Status revoke_certificate(const std::string& serial, unsigned reason,
                            const store::StoredEvent& event) override {
    return inner_->revoke_certificate(serial, reason, event);
  }
  Result<std::vector<store::RevokedSerial>> revoked_certificates(Bytes authority,
                                                                 Time expired_by) override {
    return inner_->revoked_certificates(authority, expired_by);
  }
  Result<std::optional<store::KeptCrl>> find_crl(Bytes authority) override {
    return inner_->find_crl(authority);
  }
  Result<bool> keep_crl(Bytes authority, const store::KeptCrl& crl,
                        const store::StoredEvent& event) override {
    return inner_->keep_crl(authority, crl, event);
  }
  Result<bool> take_lease(const std::string& name, const std::string& holder,
                          Seconds life) override {
    return inner_->take_lease(name, holder, life);
  }

  std::vector<nlohmann::json> kept;  // events of what was recorded and released

 private:
  std::unique_ptr<store::StateStore> inner_;
};

class TellingSink final : public events::EventSink {
 public:
  explicit TellingSink(std::vector<nlohmann::json>& told) : told_(told) {}
  Status open() override { return {}; }
  bool write(const events::EventRecord&, const std::string& json) noexcept override {
    const std::lock_guard lock(mutex_);
    told_.push_back(nlohmann::json::parse(json));
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<nlohmann::json>& told_;
};

}  // namespace scep_ra::test
