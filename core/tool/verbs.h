#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "crypto/crl.h"
#include "store/state_store.h"
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

struct CrlOptions {
  bool renew = false, der = false;
  Path file;  // empty: stdout
};

struct RolloverOptions {
  bool self_signed = false, request = false;  // neither: certified by the CA above
  Path root_key;                              // of the CA above; empty: where init left it
  std::string subject, key_type;              // empty: after those of the CA in force
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
int list_certificates(const Command&, const store::CertificateFilter&, std::size_t limit);
int show_certificate(const Command&, const std::string& serial, bool pem);
int revoke_certificate(const Command&, const std::string& serial, crypto::CrlReason);
int crl(const Command&, const CrlOptions&);
int show_ca(const Command&);
int request_ca_certificate(const Command&, bool next, const Path& out);
int install_ca_certificate(const Command&, const Path& file);
int make_successor(const Command&, const RolloverOptions&);
int activate_successor(const Command&);

}  // namespace scep_ra::tool
