#include "store/revocation_rules.h"

namespace scep_ra::store {
namespace {

// RFC 5280, 5.3.1
constexpr unsigned certificate_hold = 6;
constexpr unsigned remove_from_crl = 8;

}  // namespace

Result<std::optional<Revocation>> revocation_after(const std::string& serial,
                                                   const std::optional<Revocation>& before,
                                                   unsigned reason, Time now) {
  const auto refused = [&](const std::string& why) {
    return fail(Errc::denied, Reason::certificate_revoked, "certificate " + serial + " " + why);
  };
  const bool held = before && before->reason == certificate_hold;
  if (reason == remove_from_crl) {
    if (!held) return refused("is not on hold: there is nothing to lift");
    return std::nullopt;
  }
  if (held && reason == certificate_hold)
    return refused("is on hold already, since " + rfc3339(before->at));
  if (before && !held) return refused("is revoked already, since " + rfc3339(before->at));
  return Revocation{now, reason};
}

std::unexpected<Error> no_certificate(const std::string& serial) {
  return fail(Errc::denied, Reason::certificate_unknown,
              "no certificate of this RA has the serial number " + serial);
}

}  // namespace scep_ra::store
