#include <algorithm>

#include "store/memory_store.h"
#include "store/revocation_rules.h"
#include "store/store_error.h"

namespace scep_ra::store {
namespace {

std::unexpected<Error> not_open() {
  return unavailable("the store is not open");
}

bool shows(const CertificateFilter& filter, const StoredCertificate& certificate, Time now) {
  using State = CertificateFilter::State;
  const bool valid = !certificate.revoked && certificate.not_after > now;
  switch (filter.state) {
    case State::all:
      return true;
    case State::valid:
      return valid;
    case State::revoked:
      return certificate.revoked.has_value();
    case State::expiring:
      return valid && certificate.not_after <= now + filter.within;
  }
  return false;
}

}  // namespace

Result<std::vector<StoredCertificate>> MemoryStore::list_certificates(
    const CertificateFilter& filter, std::size_t maximum) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  std::vector<StoredCertificate> found;
  for (const auto& [serial, certificate] : certificates_)
    if (shows(filter, certificate, clock_.seconds())) found.push_back(certificate);
  if (filter.state == CertificateFilter::State::expiring)
    std::ranges::stable_sort(found, {}, &StoredCertificate::not_after);
  else
    std::ranges::stable_sort(found, std::greater(), &StoredCertificate::not_before);
  if (found.size() > maximum) found.resize(maximum);
  return found;
}

Status MemoryStore::revoke_certificate(const std::string& serial, unsigned reason,
                                       const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto found = certificates_.find(serial);
  if (found == certificates_.end()) return no_certificate(serial);
  const auto after = revocation_after(serial, found->second.revoked, reason, clock_.seconds());
  if (!after) return std::unexpected(after.error());
  found->second.revoked = *after;
  events_.push_back(event);
  return {};
}

Result<std::vector<RevokedSerial>> MemoryStore::revoked_certificates(Bytes authority,
                                                                     Time expired_by) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  std::vector<RevokedSerial> found;
  for (const auto& [serial, certificate] : certificates_) {
    const bool of_it = certificate.authority.empty() || equal(certificate.authority, authority);
    if (of_it && certificate.revoked && certificate.not_after > expired_by)
      found.push_back({serial, *certificate.revoked});
  }
  std::ranges::stable_sort(found, {}, [](const RevokedSerial& one) { return one.revocation.at; });
  return found;
}

Result<std::optional<KeptCrl>> MemoryStore::find_crl(Bytes authority) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto found = crls_.find(to_buffer(authority));
  if (found == crls_.end()) return std::nullopt;
  return found->second;
}

Result<bool> MemoryStore::keep_crl(Bytes authority, const KeptCrl& crl, const StoredEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const auto [kept, is_first] = crls_.try_emplace(to_buffer(authority), crl);
  if (!is_first && kept->second.number >= crl.number) return false;
  kept->second = crl;
  events_.push_back(event);
  return true;
}

Result<bool> MemoryStore::take_lease(const std::string& name, const std::string& holder,
                                     Seconds life) {
  const std::lock_guard lock(mutex_);
  if (!open_) return not_open();
  const Instant now = clock_.now();
  const auto [lease, is_first] = leases_.try_emplace(name, holder, now + life);
  const bool over = lease->second.until <= now || lease->second.until > now + life;
  if (!is_first && lease->second.holder != holder && !over) return false;
  lease->second = {holder, now + life};
  return true;
}

}  // namespace scep_ra::store
