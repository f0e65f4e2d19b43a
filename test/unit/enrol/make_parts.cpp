#include "make_parts.h"

#include "make_certificate.h"

namespace scep_ra::test {

EVP_PKEY* stub_ca_key() {
  return key_of("stub CA");
}

namespace {

std::string common_name_in(const crypto::Csr& csr) {
  for (const asn1::NameAttribute& attribute : csr.subject_name())
    if (attribute.type == asn1::oid::common_name) return attribute.value;
  return "";
}

}  // namespace

StubCa::StubCa()
    : certificate_(make_certificate({.key = stub_ca_key(),
                                     .common_name = "Stub CA",
                                     .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                                                    {"subjectKeyIdentifier", "hash"}}})) {
  chain_.push_back(crypto::Certificate::decode(der_of_certificate(certificate_.get())).value());
}

Result<ca::CaDecision> StubCa::submit(const policy::ApprovedRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    asked.push_back(to_buffer(request.csr().der()));
  }
  // A copy: the answer may replace itself.
  if (const Answer say = answer) return say(request);
  return certify(request);
}

ca::Issued StubCa::certify(const policy::ApprovedRequest& request, EVP_PKEY* other_key) {
  const KeyPtr requested(
      object_of<EVP_PKEY>(request.csr().public_key_info(), d2i_PUBKEY, EVP_PKEY_free));
  const std::lock_guard lock(mutex_);
  const CertificatePtr certificate =
      make_certificate({.key = other_key ? other_key : requested.get(),
                        .common_name = common_name_in(request.csr()),
                        .issuer = certificate_.get(),
                        .issuer_key = stub_ca_key(),
                        .serial = std::to_string(++serial_),
                        .extensions = extensions,
                        .valid_from = valid_from,
                        .valid_until = validity});
  return {crypto::Certificate::decode(der_of_certificate(certificate.get())).value()};
}

Status FaultyStore::record_event(const store::StoredEvent& event) {
  return inner_->record_event(event);
}
Status FaultyStore::add_password(const store::Password& password, unsigned maximum,
                                 const store::StoredEvent& event) {
  return inner_->add_password(password, maximum, event);
}
Result<bool> FaultyStore::password_usable(Bytes mac, Bytes csr_info_hash) {
  if (faults.usable) return std::unexpected(*faults.usable);
  return inner_->password_usable(mac, csr_info_hash);
}
Result<std::vector<store::OutstandingPassword>> FaultyStore::outstanding_passwords() {
  return inner_->outstanding_passwords();
}
Result<std::size_t> FaultyStore::revoke_passwords(const std::string& id,
                                                  const store::StoredEvent& event) {
  return inner_->revoke_passwords(id, event);
}
Result<store::Known> FaultyStore::find_request(const store::RequestKey& key) {
  if (faults.find) return std::unexpected(*faults.find);
  return inner_->find_request(key);
}
Result<store::ClaimOutcome> FaultyStore::spend_and_claim(const store::Claim& claim) {
  if (faults.claim) return std::unexpected(*faults.claim);
  return inner_->spend_and_claim(claim);
}
Status FaultyStore::record_issue(const store::Issue& issue, const store::StoredEvent& event) {
  if (faults.record) return std::unexpected(*faults.record);
  const Status recorded = inner_->record_issue(issue, event);
  if (recorded) kept.push_back(nlohmann::json::parse(event.json));
  return recorded;
}
Status FaultyStore::release_claim(const store::RequestKey& key, const store::StoredEvent& event) {
  if (faults.release) return std::unexpected(*faults.release);
  const Status released = inner_->release_claim(key, event);
  if (released) kept.push_back(nlohmann::json::parse(event.json));
  return released;
}

Status FaultyStore::record_pending(const store::WaitingRequest& request,
                                   const store::WaitingLimits& limits,
                                   const store::StoredEvent& event) {
  if (faults.pending) return std::unexpected(*faults.pending);
  return inner_->record_pending(request, limits, event);
}
Result<store::Polled> FaultyStore::poll_request(const std::string& transaction_id,
                                                Bytes signer_key_hash) {
  if (faults.poll) return std::unexpected(*faults.poll);
  return inner_->poll_request(transaction_id, signer_key_hash);
}
Result<std::vector<store::RequestSummary>> FaultyStore::list_requests(
    std::optional<store::RequestState> state, std::size_t maximum) {
  return inner_->list_requests(state, maximum);
}
Result<std::optional<store::WaitingRequest>> FaultyStore::waiting_request(const std::string& id) {
  return inner_->waiting_request(id);
}
Result<bool> FaultyStore::claim_waiting(const store::RequestKey& key) {
  return inner_->claim_waiting(key);
}
Result<bool> FaultyStore::deny_waiting(const store::RequestKey& key,
                                       const store::StoredEvent& event) {
  return inner_->deny_waiting(key, event);
}
Result<std::size_t> FaultyStore::expire_waiting(Seconds life, const store::StoredEvent& event) {
  return inner_->expire_waiting(life, event);
}
Result<std::optional<store::StoredCertificate>> FaultyStore::find_certificate(
    const std::string& serial) {
  if (faults.certificate) return std::unexpected(*faults.certificate);
  return inner_->find_certificate(serial);
}

}  // namespace scep_ra::test
