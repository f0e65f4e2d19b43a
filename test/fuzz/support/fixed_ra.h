#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ca/local_ca.h"
#include "challenge/one_time_password.h"
#include "enrol/pki_operation.h"
#include "events/event_sink.h"
#include "store/memory_store.h"
#include "support/parties.h"

namespace scep_ra::fuzz {

// 2030-01-01, until an input moves it.
class FixedClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> now() const override {
    return now_;
  }
  void move(std::chrono::microseconds by) { now_ += by; }

 private:
  std::chrono::sys_time<std::chrono::microseconds> now_ =
      std::chrono::sys_days(std::chrono::year_month_day(
          std::chrono::year(2030), std::chrono::month(1), std::chrono::day(1)));
};

// The embedded CA; remembers what it was asked. An answer of the input's own may take its place.
class RecordingCa final : public ca::CaBackend {
 public:
  explicit RecordingCa(const Clock&);
  [[nodiscard]] const std::vector<crypto::Certificate>& ca_certificates() const override {
    return ca_->ca_certificates();
  }
  Result<ca::CaDecision> submit(const policy::ApprovedRequest&) override;

  std::vector<Buffer> asked;  // the CSRs
  std::function<Result<ca::CaDecision>()> answer;

 private:
  std::unique_ptr<ca::LocalCa> ca_;
};

class FixedKeys final : public keys::KeyStore {
 public:
  FixedKeys();
  [[nodiscard]] const keys::RaPair& signer() const override { return signer_; }
  [[nodiscard]] const std::vector<scep::Recipient>& recipients() const override {
    return recipients_;
  }

 private:
  keys::RaPair signer_;
  std::vector<scep::Recipient> recipients_;
};

class RecordingSink final : public events::EventSink {
 public:
  explicit RecordingSink(std::vector<std::string>& lines) : lines_(lines) {}
  Status open() override { return {}; }
  bool write(const events::EventRecord&, const std::string& json) noexcept override {
    lines_.push_back(json);
    return true;
  }

 private:
  std::vector<std::string>& lines_;
};
events::EventLog log_into(std::vector<std::string>& lines, const Clock&);

// "Device": CN, any DNS name, digitalSignature and keyEncipherment, clientAuth.
const policy::TemplateSet& device_templates();

// One RA as an input finds it: nothing enrolled, one password outstanding, all of it the same each
// time.
class FixedRa {
 public:
  FixedRa();

  enrol::Outcome answer(Bytes message);
  [[nodiscard]] enrol::Services services();
  [[nodiscard]] std::string event() const;  // the only one, or ""

  FixedClock clock;
  scep::AlgorithmPolicy algorithms;
  RecordingCa ca{clock};
  store::MemoryStore store{clock};
  std::vector<std::string> told;  // JSON lines
  events::EventLog events = log_into(told, clock);
  challenge::OneTimePassword passwords;
  challenge::GuessLimiter guesses{library(), clock, Secret(std::string_view("guesses")), 100, {}};
  Secret csr_key{std::string_view("waiting requests")};
  std::function<Result<std::optional<Buffer>>(Bytes)> crl_of =
      [](Bytes) -> Result<std::optional<Buffer>> { return std::nullopt; };
  std::string password;  // the outstanding one
};

}  // namespace scep_ra::fuzz
