#include "tool/configuration_text.h"

#include <map>
#include <string_view>

#include "settings/edit.h"

namespace scep_ra::tool {

namespace {

constexpr std::string_view text_with_blanks =
    R"(# One SCEP registration authority. What is not here has its default. `scep-ra check` reads this
# file as the web server does.

[ra]
name         = @ra-name@
state        = @state@
run          = @run@   # what the workers share until this node boots
state_secret = { file = "@state-secret@" }   # the same on every node
# legacy     = []   # hardened: neither 3DES nor SHA-1, which Apple, Cisco and MikroTik need

[ra.signing]
certificate = "@signing-certificate@"
key         = "@signing-key@"

[ra.encryption]
certificate = "@encryption-certificate@"
key         = "@encryption-key@"

[ca]
kind        = "local"   # embedded: for labs and small sites
certificate = "@ca-certificate@"
key         = "@ca-key@"
chain       = ["@root-certificate@"]
@crl@

[challenge]
kind     = "one-time"
validity = "60m"
maximum  = 5   # outstanding passwords; 0: any number

# Which template serves a request for signing, for encryption, for both.
[templates]
signature       = "NDES-Device-Certificate"
encryption      = "NDES-Device-Certificate"
general_purpose = "NDES-Device-Certificate"

# What a certificate is, and what a device may ask for: anything else is refused.
[template.NDES-Device-Certificate]
validity             = "1y"
renewal_period       = "6w"   # in this last part of its life a certificate renews itself
minimum_key_size     = 2048
key_usage            = ["digitalSignature", "keyEncipherment"]
application_policies = ["clientAuth", "serverAuth"]

[template.NDES-Device-Certificate.subject]
required = ["CN"]
allowed  = ["C", "O", "OU", "CN", "serialNumber", "unstructuredName", "unstructuredAddress"]
pattern  = { CN = '^[A-Za-z0-9._-]{1,64}$' }

[template.NDES-Device-Certificate.subject_alternative_names]
@alternative-names@

[admin]
users       = @admin-users@   # who may fetch passwords, as the web server reports them
require_tls = @require-tls@

[events]
sinks = @sinks@
)";

using Values = std::map<std::string_view, std::string>;

std::string dns_pattern(const std::vector<std::string>& domains) {
  std::string alternatives;
  for (const auto& domain : domains) {
    if (!alternatives.empty()) alternatives.push_back('|');
    for (char letter : domain) alternatives += letter == '.' ? "\\." : std::string(1, letter);
  }
  return "(^|\\.)(" + alternatives + ")$";
}

std::string alternative_names(const std::vector<std::string>& domains) {
  if (!domains.empty())
    return "allowed = [\"dns\"]\nmaximum = 8\npattern = { dns = '" + dns_pattern(domains) + "' }";
  return R"(allowed = ["dns", "ip"]
maximum = 8
# Without a pattern a device may take any name, as with NDES:
# pattern = { dns = '\.example\.test$' })";
}

// {key}: the key's identifier, so that a successor's CRL has a place of its own.
std::string crl_lines(const std::string& url, const std::string& file) {
  if (!url.empty())
    return "crl_url     = " + settings::toml_text(url) +
           "   # in every certificate\ncrl_file    = " + settings::toml_text(file);
  return R"(# Where devices find who is revoked; the web server serves the file under that URL:
# crl_url   = "http://pki.example.test/{key}.crl"
# crl_file  = "/var/lib/scep-ra/crl/{key}.crl")";
}

// Each `@name@` that is known becomes its value, which is not looked at again.
std::string filled(std::string_view text, const Values& values) {
  std::string made;
  while (!text.empty()) {
    const auto start = text.find('@');
    made += text.substr(0, start);
    if (start == text.npos) break;
    text.remove_prefix(start + 1);
    const auto end = text.find('@');
    const auto value = values.find(text.substr(0, end));
    made += value == values.end() ? "@" : value->second;
    if (value != values.end()) text.remove_prefix(end + 1);
  }
  return made;
}

}  // namespace

std::string configuration_text(const ConfigurationChoices& choices) {
  return filled(text_with_blanks,
                {{"ra-name", settings::toml_text(choices.ra_name)},
                 {"state", settings::toml_text("sqlite:" + choices.state_file.string())},
                 {"run", settings::toml_text(choices.run_folder.string())},
                 {"state-secret", file_name::state_secret},
                 {"signing-certificate", file_name::signing_certificate},
                 {"signing-key", file_name::signing_key},
                 {"encryption-certificate", file_name::encryption_certificate},
                 {"encryption-key", file_name::encryption_key},
                 {"ca-certificate", file_name::ca_certificate},
                 {"ca-key", file_name::ca_key},
                 {"root-certificate", file_name::root_certificate},
                 {"crl", crl_lines(choices.crl_url, choices.crl_file)},
                 {"alternative-names", alternative_names(choices.domains)},
                 {"admin-users", settings::toml_list(choices.admin_users)},
                 {"require-tls", choices.require_tls ? "true" : "false"},
                 {"sinks", settings::toml_list(choices.sinks)}});
}

}  // namespace scep_ra::tool
