#include "scep/ca_caps.h"

#include <string_view>

namespace scep_ra::scep {
namespace {

void add(std::string& caps, std::string_view keyword, bool enabled) {
  if (!enabled) return;
  if (!caps.empty()) caps += '\n';
  caps += keyword;
}

}  // namespace

std::string ca_caps(const Profile& profile, const AlgorithmPolicy& policy,
                    const Abilities& abilities) {
  std::string caps;
  if (profile.advertises_aes) {
    add(caps, "AES", true);
    add(caps, "DES3", policy.triple_des);
    add(caps, "GetNextCACert", abilities.next_ca_certificate);
    add(caps, "POSTPKIOperation", true);
    add(caps, "Renewal", abilities.renewal);
    add(caps, "SCEPStandard", true);
    add(caps, "SHA-1", policy.sha1);
    add(caps, "SHA-256", true);
    // strongSwan sees AES and SCEPStandard only beside this line (scep-requirements C8a).
    add(caps, "SHA-384", true);
    add(caps, "SHA-512", true);
    return caps;
  }
  // NDES's order (scep-requirements C8).
  add(caps, "POSTPKIOperation", true);
  add(caps, "Renewal", abilities.renewal);
  add(caps, "SHA-512", true);
  add(caps, "SHA-256", true);
  add(caps, "SHA-1", policy.sha1);
  add(caps, "DES3", policy.triple_des);
  return caps;
}

}  // namespace scep_ra::scep
