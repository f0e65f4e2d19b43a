#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace scep_ra::tool {

// Names of the files that `init` writes beside each other; the configuration refers to them.
namespace file_name {
inline constexpr const char* root_certificate = "root-ca.pem";
inline constexpr const char* root_key = "root-ca.key";
inline constexpr const char* ca_certificate = "issuing-ca.pem";
inline constexpr const char* ca_key = "issuing-ca.key";
inline constexpr const char* signing_certificate = "ra-signing.pem";
inline constexpr const char* signing_key = "ra-signing.key";
inline constexpr const char* encryption_certificate = "ra-encryption.pem";
inline constexpr const char* encryption_key = "ra-encryption.key";
inline constexpr const char* state_secret = "state-secret";
}  // namespace file_name

struct ConfigurationChoices {
  std::string ra_name;
  Path state_file, run_folder;
  std::vector<std::string> sinks;  // as `[events] sinks` takes them
  std::vector<std::string> admin_users;
  std::vector<std::string> domains;  // what DNS names must end in; none: any
  bool require_tls = true;
  std::string crl_url{}, crl_file{};  // empty: the lines stand there as a comment
};

// The TOML file of a new RA with an embedded CA: what an operator decides, with a word on each.
std::string configuration_text(const ConfigurationChoices&);

}  // namespace scep_ra::tool
