#include "ca/crl_keeper.h"

#include <algorithm>
#include <map>

#include "base/hex.h"

namespace scep_ra::ca {
namespace {

// As with certificates: verifiers whose clock is a little slow take it at once.
constexpr Seconds clock_skew = std::chrono::minutes(10);
constexpr unsigned most_attempts = 16;
constexpr std::size_t largest_file = std::size_t{1} << 30;

using Listed = std::vector<crypto::RevokedCertificate>;

// Whether a CRL says what the store says. What it has beyond that is expired, unless it is a hold,
// which may have been lifted.
bool agrees(const Listed& crl, const Listed& store) {
  std::map<Buffer, const crypto::RevokedCertificate*> known;
  for (const crypto::RevokedCertificate& one : crl) known[one.serial] = &one;
  for (const crypto::RevokedCertificate& one : store) {
    const auto found = known.extract(one.serial);
    if (!found || found.mapped()->at != one.at || found.mapped()->reason != one.reason)
      return false;
  }
  return std::ranges::none_of(known, [](const auto& entry) {
    return entry.second->reason == crypto::CrlReason::certificate_hold;
  });
}

}  // namespace

CrlKeeper::CrlKeeper(const crypto::Library& library, const Clock& clock, store::StateStore& store,
                     events::EventLog& events, SigningAuthority signing, CrlRules rules)
    : library_(library),
      clock_(clock),
      store_(store),
      events_(events),
      signing_(std::move(signing)),
      rules_(std::move(rules)),
      id_(authority_id(library, signing_.certificate)) {}

bool CrlKeeper::in_force() const {
  const Time now = clock_.seconds();
  return now >= certificate().not_before() && now < certificate().not_after();
}

Result<std::optional<store::KeptCrl>> CrlKeeper::newest() const {
  return store_.find_crl(id_);
}

// A certificate that has expired stays until it stood in one CRL made after that (RFC 5280, 3.3).
Result<std::vector<crypto::RevokedCertificate>> CrlKeeper::revoked() const {
  const auto rows = store_.revoked_certificates(id_, clock_.seconds() - rules_.validity);
  if (!rows) return std::unexpected(rows.error());
  std::vector<crypto::RevokedCertificate> revoked;
  revoked.reserve(rows->size());
  for (const store::RevokedSerial& row : *rows) {
    const std::string even = row.serial.size() % 2 == 0 ? row.serial : "0" + row.serial;
    auto serial = hex_decode(even);
    if (!serial)
      return fail(Errc::internal, Reason::internal_error, "a serial number of the store is none");
    revoked.push_back(
        {*std::move(serial), row.revocation.at,
         crypto::crl_reason_of(row.revocation.reason).value_or(crypto::CrlReason::unspecified)});
  }
  return revoked;
}

Result<store::KeptCrl> CrlKeeper::write(std::uint64_t number) const {
  auto revoked = this->revoked();
  if (!revoked) return std::unexpected(std::move(revoked).error());
  const Time now = clock_.seconds();
  const crypto::CrlContent content{
      .issuer = to_buffer(certificate().subject()),
      .number = number,
      .this_update = std::max(now - clock_skew, certificate().not_before()),
      .next_update = now + rules_.validity,
      .authority_key_identifier = authority_identifier(library_, certificate()),
      .revoked = *std::move(revoked)};
  auto der = crypto::write_crl(content, signing_.key);
  if (!der) return std::unexpected(std::move(der).error());
  return store::KeptCrl{number, content.this_update, content.next_update, *std::move(der)};
}

// The number is read before the list: whoever keeps a number first has seen at least as much as
// the one who read that number later, so that no CRL forgets what a lower number told.
Result<store::KeptCrl> CrlKeeper::renew(const std::string& user, std::vector<Event>& told) {
  for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
    const auto former = newest();
    if (!former) return std::unexpected(former.error());
    auto crl = write(*former ? (*former)->number + 1 : 1);
    if (!crl) return std::unexpected(std::move(crl).error());
    events::EventRecord record = events_.begin(events::EventId::crl_issued);
    record.subject = certificate().subject_text();
    record.user = user;
    record.detail =
        "CRL number " + std::to_string(crl->number) + ", next update " + rfc3339(crl->next_update);
    const std::string json = events::to_json(record);
    const auto kept = store_.keep_crl(id_, *crl, {static_cast<int>(record.id), json});
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) continue;  // another process was quicker
    told.push_back(events_.tell(record, json));
    // It is in the store; `maintain` mends a file that could not be written.
    (void)publish(*crl);
    return crl;
  }
  return fail(Errc::unavailable, Reason::store_unavailable,
              "other processes kept making CRLs meanwhile");
}

Result<bool> CrlKeeper::needs_renewal(const std::optional<store::KeptCrl>& kept) const {
  const Time now = clock_.seconds();
  if (!kept || now < kept->this_update || now + rules_.validity / 2 >= kept->next_update)
    return true;
  const auto crl = crypto::Crl::decode(kept->der);
  if (!crl) return true;
  const auto rows = revoked();
  if (!rows) return std::unexpected(rows.error());
  return !agrees(crl->revoked(), *rows);
}

Status CrlKeeper::publish(const store::KeptCrl& crl) const {
  if (rules_.file.empty()) return {};
  const auto there = read_file(rules_.file, largest_file, Rights::any);
  if (there && *there == as_text(crl.der)) return {};
  return replace_file(rules_.file, as_text(crl.der), 0644);
}

}  // namespace scep_ra::ca
