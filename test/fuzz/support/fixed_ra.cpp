#include "support/fixed_ra.h"

#include "enrol/device_templates.h"
#include "support/fixed_random.h"
#include "support/must.h"

namespace scep_ra::fuzz {

RecordingCa::RecordingCa(const Clock& clock)
    : ca_(ca::LocalCa::open(library(), clock, {issuing_ca().certificate}, issuing_ca().key)
              .value()) {}

Result<ca::CaDecision> RecordingCa::submit(const policy::ApprovedRequest& request) {
  asked.push_back(to_buffer(request.csr().der()));
  return answer ? answer() : ca_->submit(request);
}

FixedKeys::FixedKeys() : signer_{ra_signing().certificate, ra_signing().key} {
  recipients_.push_back({ra_encryption().certificate,
                         crypto::KeyUnwrap::make(library(), ra_encryption().key).value()});
}

events::EventLog log_into(std::vector<std::string>& lines, const Clock& clock) {
  std::vector<std::unique_ptr<events::EventSink>> sinks;
  sinks.push_back(std::make_unique<RecordingSink>(lines));
  return {"Contoso NDES", "ra1", clock, std::move(sinks)};
}

const policy::TemplateSet& device_templates() {
  static const policy::TemplateSet set = test::device_templates();
  return set;
}

FixedRa::FixedRa()
    : passwords(library(), store, events, Secret(std::string_view("key of the state")),
                {.validity = std::chrono::minutes{60}, .maximum = 0, .length = 8}) {
  begin_fixed_random();
  must(store.open().has_value(), "the store opens");
  password = to_string(passwords.generate({"user", ""}).value().reveal());
  told.clear();
}

enrol::Services FixedRa::services() {
  static const FixedKeys keys;
  static const scep::Profile profile = scep::rfc8894_profile();
  static const policy::BlockedKeys none;
  return {library(), algorithms, profile, device_templates(),
          none,      keys,       clock,   ca,
          passwords, guesses,    store,   events,
          csr_key,   {10, 5},    crl_of};
}

enrol::Outcome FixedRa::answer(Bytes message) {
  return enrol::answer_pki_message(services(), message, "192.0.2.7");
}

std::string FixedRa::event() const {
  return told.size() == 1 ? told.front() : std::string();
}

}  // namespace scep_ra::fuzz
