#include "challenge/one_time_password.h"

#include <utility>

#include "base/hex.h"

namespace scep_ra::challenge {
namespace {

Secret upper_hex(const Secret& octets) {
  std::string text = hex_upper(octets.reveal());
  Secret password{std::string_view(text)};
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return password;
}

}  // namespace

OneTimePassword::OneTimePassword(crypto::Library library, store::PasswordStore& store,
                                 events::EventLog& events, Secret mac_key,
                                 OneTimePasswordRules rules)
    : library_(std::move(library)),
      store_(store),
      events_(events),
      mac_key_(std::move(mac_key)),
      rules_(rules) {}

Result<Secret> OneTimePassword::generate(const Requester& requester) {
  Secret password = upper_hex(Secret(library_->random().bytes(rules_.length)));
  events::EventRecord record = events_.begin(events::EventId::password_issued);
  record.user = requester.user;
  record.client_address = requester.address;
  const std::string json = events::to_json(record);
  const Status added = store_.add_password(
      {library_->mac(mac_key_.reveal(), password.reveal()), requester.user, rules_.validity},
      rules_.maximum, {static_cast<int>(record.id), json});
  const auto note = [&](Event event) {
    if (requester.told != nullptr) requester.told->push_back(std::move(event));
  };
  if (added) {
    note(events_.tell(record, json));
    return password;
  }
  if (added.error().reason == Reason::password_cache_full) {
    record.id = events::EventId::password_cache_full;
    record.reason = added.error().reason;
    record.detail = added.error().detail;
    note(events_.tell(record));
  }
  return std::unexpected(added.error());
}

Result<policy::Authorisation> OneTimePassword::verify(const crypto::Csr& csr, Bytes csr_info_hash) {
  const Secret& password = csr.challenge_password();
  if (password.empty())
    return fail(Errc::denied, Reason::password_missing, "the request carries no challengePassword");
  Buffer mac = library_->mac(mac_key_.reveal(), password.reveal());
  const auto usable = store_.password_usable(mac, csr_info_hash);
  if (!usable) return std::unexpected(usable.error());
  if (!*usable)
    return fail(Errc::denied, Reason::password_unknown, "unknown, expired, revoked or spent");
  return policy::Authorisation::by_password(std::move(mac));
}

}  // namespace scep_ra::challenge
