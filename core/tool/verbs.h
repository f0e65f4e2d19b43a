#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "tool/new_ra.h"

namespace scep_ra::tool {

// What every verb is given.
struct Command {
  Path configuration = "/etc/scep-ra/scep-ra.toml";
  bool json = false;
};

namespace key_usage_word {
inline constexpr const char* sign = "digitalSignature";
inline constexpr const char* encrypt = "keyEncipherment";
}  // namespace key_usage_word

struct EnrolOptions {
  std::string url, subject, password, key_type = "rsa:2048", ca_fingerprint;
  Path password_file, folder = ".";
  std::vector<std::string> alternative_names;
  std::vector<std::string> key_usages;  // key_usage_word; none: both
  std::vector<std::string> renewed;     // files of a certificate and its key; none: first request
  unsigned wait = 3600;                 // seconds to poll for what is pending
  unsigned poll_interval = 10;          // seconds
  bool get = false;
  bool poll = false;  // for the key in `folder` that was kept
};

// The verbs, as the command line names them. Each tells on stdout what it did and on stderr what
// is wrong, and gives the exit code.
int init(const Command&, const NewRaWishes&);
int check(const Command&);
int make_passwords(const Command&, unsigned count);
int list_passwords(const Command&);
int revoke_passwords(const Command&, const std::string& id);  // id empty: all outstanding ones
int list_requests(const Command&, bool all);                  // else those that wait for approval
int show_request(const Command&, const std::string& id);
int approve_request(const Command&, const std::string& id);
int deny_request(const Command&, const std::string& id);
int enrol(const Command&, const EnrolOptions&);

}  // namespace scep_ra::tool
