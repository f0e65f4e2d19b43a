#pragma once

#include <string>

#include "scep/algorithm_policy.h"
#include "scep/profile.h"

namespace scep_ra::scep {

// What this RA can do beyond its algorithms: only what is enabled is listed (scep-requirements C5).
struct Abilities {
  bool renewal = false;
  bool next_ca_certificate = false;
};

// The body of GetCACaps (RFC 8894, 3.5.2): keywords separated by LF, no LF at the end.
std::string ca_caps(const Profile&, const AlgorithmPolicy&, const Abilities&);

}  // namespace scep_ra::scep
