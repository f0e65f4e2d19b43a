#include "ca/local_ca_administrator.h"

#include "asn1/name.h"
#include "base/hex.h"
#include "scep/certs_only.h"

namespace scep_ra::ca {
namespace {

constexpr Seconds lease_life = std::chrono::minutes(5);
constexpr Seconds tell_problem_after = std::chrono::hours(1);

bool same_name(Bytes one, Bytes other) {
  if (equal(one, other)) return true;
  asn1::Fault fault;
  asn1::Reader first(one, fault);
  asn1::Reader second(other, fault);
  const asn1::Name name = asn1::read_name(first);
  const asn1::Name compared = asn1::read_name(second);
  return !fault && !name.empty() && asn1::same_name(name, compared);
}

}  // namespace

LocalCaAdministrator::LocalCaAdministrator(const crypto::Library& library, const Clock& clock,
                                           store::StateStore& store, events::EventLog& events,
                                           std::vector<SigningAuthority> authorities,
                                           const CrlRules& rules,
                                           std::vector<crypto::Certificate> successor)
    : library_(library),
      clock_(clock),
      store_(store),
      events_(events),
      successor_(std::move(successor)) {
  for (SigningAuthority& authority : authorities) {
    Path file = for_key(rules.file.string(), library, authority.certificate);
    if (!keepers_.empty() && file == rules.file) file.clear();
    keepers_.emplace_back(library, clock, store, events, std::move(authority),
                          CrlRules{std::move(file), rules.validity});
  }
}

CrlKeeper* LocalCaAdministrator::keeper_for(const crypto::Certificate& issued) {
  for (CrlKeeper& keeper : keepers_)
    if (crypto::is_issued_by(library_, issued, keeper.certificate())) return &keeper;
  return nullptr;
}

Result<Revoked> LocalCaAdministrator::revoke(const std::string& serial, crypto::CrlReason reason,
                                             const std::string& user) {
  const auto found = store_.find_certificate(serial);
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return fail(Errc::denied, Reason::certificate_unknown,
                "no certificate of this RA has the serial number " + serial);
  auto certificate = crypto::Certificate::decode((*found)->issued.certificate);
  if (!certificate) return std::unexpected(std::move(certificate).error());

  events::EventRecord record = events_.begin(events::EventId::certificate_revoked);
  record.subject = (*found)->subject;
  record.certificate_template = (*found)->certificate_template;
  record.serial = (*found)->issued.serial;
  record.user = user;
  record.detail = crypto::word(reason);
  const std::string json = events::to_json(record);
  if (Status done = store_.revoke_certificate(serial, static_cast<unsigned>(reason),
                                              {static_cast<int>(record.id), json});
      !done)
    return std::unexpected(std::move(done).error());
  events_.tell(record, json);

  CrlKeeper* keeper = keeper_for(*certificate);
  std::vector<Event> told;
  if (keeper == nullptr)
    return Revoked{*std::move(certificate),
                   fail(Errc::unavailable, Reason::ca_unreachable,
                        "the key of the CA that issued it is not here: no CRL will tell of it")};
  auto crl = keeper->renew(user, told);
  return Revoked{*std::move(certificate), std::move(crl)};
}

Result<store::KeptCrl> LocalCaAdministrator::current_crl() {
  const auto kept = keepers_.front().newest();
  if (!kept) return std::unexpected(kept.error());
  if (*kept) return **kept;
  return renew_crl({});
}

Result<std::optional<store::KeptCrl>> LocalCaAdministrator::crl_of(Bytes issuer) {
  for (const CrlKeeper& keeper : keepers_) {
    if (!same_name(issuer, keeper.certificate().subject())) continue;
    if (&keeper != &keepers_.front()) return keeper.newest();
    auto current = current_crl();
    if (!current) return std::unexpected(std::move(current).error());
    return *std::move(current);
  }
  return std::nullopt;
}

Result<store::KeptCrl> LocalCaAdministrator::renew_crl(const std::string& user) {
  std::vector<Event> told;
  return keepers_.front().renew(user, told);
}

std::vector<Event> LocalCaAdministrator::maintain() {
  std::vector<Event> told;
  for (CrlKeeper& keeper : keepers_) {
    if (!keeper.in_force()) continue;
    if (const Status done = maintain(keeper, told); !done) tell_problem(done.error(), told);
  }
  return told;
}

std::string LocalCaAdministrator::holder() {
  const std::scoped_lock lock(mutex_);
  if (holder_.empty()) holder_ = hex_lower(library_->random().bytes(8));
  return holder_;
}

Status LocalCaAdministrator::maintain(CrlKeeper& keeper, std::vector<Event>& told) {
  const auto leased = store_.take_lease("crl " + hex_lower(keeper.id()), holder(), lease_life);
  if (!leased) return std::unexpected(leased.error());
  if (!*leased) return {};
  auto kept = keeper.newest();
  if (!kept) return std::unexpected(std::move(kept).error());
  const auto due = keeper.needs_renewal(*kept);
  if (!due) return std::unexpected(due.error());
  if (*due) {
    auto renewed = keeper.renew({}, told);
    if (!renewed) return std::unexpected(std::move(renewed).error());
    *kept = *std::move(renewed);
  }
  return keeper.publish(**kept);
}

// Once an hour, and when it is another one.
void LocalCaAdministrator::tell_problem(const Error& problem, std::vector<Event>& told) {
  const std::lock_guard lock(mutex_);
  const Time now = clock_.seconds();
  if (problem.detail == problem_ && now < tell_again_) return;
  problem_ = problem.detail;
  tell_again_ = now + tell_problem_after;
  events::EventRecord record = events_.begin(events::EventId::crl_problem);
  record.reason = problem.reason;
  record.detail = problem.detail;
  told.push_back(events_.tell(record));
}

bool LocalCaAdministrator::crl_outdated() {
  const CrlKeeper& keeper = keepers_.front();
  const auto kept = keeper.newest();
  return kept && *kept && keeper.in_force() && clock_.seconds() >= (*kept)->next_update;
}

Result<Buffer> LocalCaAdministrator::announcement() const {
  if (successor_.empty()) return Buffer{};
  // RA certificates, then the CA and its chain (scep-requirements C17).
  std::vector<Bytes> certificates;
  for (const bool authority : {false, true})
    for (const crypto::Certificate& certificate : successor_)
      if (is_ca(certificate) == authority) certificates.push_back(certificate.der());
  const CrlKeeper& current = keepers_.front();
  return scep::write_next_ca_certificates(library_, certificates, current.certificate(),
                                          current.key());
}

}  // namespace scep_ra::ca
