#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "tool/authority.h"

namespace scep_ra::tool {

// What `init` may be told, as Install-AdcsNetworkDeviceEnrollmentService; empty: a usual value.
struct NewRaWishes {
  std::string ra_name, country, company, email, department, city, state;
  unsigned signing_key_length = 2048, encryption_key_length = 2048;  // bits, RSA
  std::string ca_name, ca_key = "rsa:2048";
  std::string user;
  Path state_folder, log_folder;
  std::vector<std::string> admin_users, domains;
  bool require_tls = true;
  std::string crl_url;
};

struct NewRa {
  Path configuration, folder, state_folder, log_folder;  // absolute
  Authority authority;
};

// Makes an RA with an embedded CA beside that configuration file, with the owners and modes of
// interfaces.md section 9; what the file says is read back before anything is in its place. All or
// nothing; replaces nothing. Errc::unavailable when it could not be, Errc::bad_request for wishes
// that do not make a name.
Result<NewRa> make_new_ra(const crypto::Library&, const Path& configuration, NewRaWishes);

}  // namespace scep_ra::tool
