#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "scep-ra/error.h"

namespace scep_ra::settings {

using Path = std::filesystem::path;
using Words = std::vector<std::string>;
using Patterns = std::vector<std::pair<std::string, std::string>>;  // keyword, expression

// Every path is absolute: a relative one in the file is relative to the file's folder.
struct KeyPairSettings {
  Path certificate, key;
};

// `[template.NAME]` as written; `policy::Template` is what it means.
struct TemplateSettings {
  std::string name;
  Seconds validity{};
  Seconds renewal_period{};                 // 0: no renewal
  std::uint32_t renewals = 0;               // requests that one certificate may authorise
  std::uint32_t minimum_key_size = 0;       // RSA, bits
  Words key_algorithms;                     // "rsa", "ec"
  Words key_usage;                          // "digitalSignature", ...
  Words application_policies;               // "clientAuth", ..., or a dotted OID
  Words subject_required, subject_allowed;  // "CN", ..., or a dotted OID
  Patterns subject_pattern;                 // ECMAScript; each compiles
  Words alternative_names_allowed;          // "dns", "ip", "email", "uri", "upn"
  std::uint32_t alternative_names_maximum = 0;
  Patterns alternative_names_pattern;
  std::string approval;  // "automatic", "manual"
};

// The values of one `scep-ra.toml`, typed and checked one by one and against each other. Meaning
// that needs a higher room (keys, certificates, attribute types) is checked there, with `where` for
// the place.
struct Settings {
  Path file;  // as it was named

  struct {
    std::string name;
    std::string wire;     // "rfc8894", "ndes"
    std::string state;    // "sqlite:" and an absolute path
    Path run;             // folder of what this node's processes share until it boots
    Secret state_secret;  // 32 octets
    Words legacy;         // "3des", "sha1", "des", "md5"
    std::vector<Path> blocked_keys;
    bool core_dumps = false;
    KeyPairSettings signing, encryption;
  } ra;
  struct {
    std::string kind;  // "local"
    Path certificate, key;
    std::vector<Path> chain;  // further CA certificates, up to the root
    bool get_ca_cert_chain = false;
    Path crl_file;        // may hold `{key}`; empty: none
    std::string crl_url;  // likewise
    Seconds crl_validity{};
    std::vector<Path> former;         // certificates of former CAs
    Path next_certificate, next_key;  // of the successor; empty: none
  } ca;
  struct {
    std::string kind;  // "one-time", "none"
    Seconds validity{};
    std::uint32_t maximum = 0;  // 0: no limit
    std::uint32_t length = 0;   // octets
  } challenge;
  struct {
    std::string signature, encryption,
        general_purpose;  // each is the name of one in `template_list`
  } templates;
  std::vector<TemplateSettings> template_list;  // by name
  struct {
    Words users;
    bool require_tls = true;
    Words trusted_proxies;  // addresses as inet_ntop writes them
  } admin;
  struct {
    Words sinks;  // "syslog", "syslog:" or "file:" and an absolute path
  } events;
  struct {
    std::uint64_t message = 0;  // octets
    std::uint32_t in_flight = 0;
    std::uint32_t pending = 0, pending_of_source = 0;  // requests that wait for approval
    Seconds pending_life{};
    std::uint32_t wrong_passwords = 0;  // of a source, in ten minutes
  } limits;

  // `file:line` of a key as it is written in the table, "challenge.kind", "template.NAME.validity",
  // "template.NAME.subject.pattern.CN"; of its table when the key is not there; `file` when that is
  // not there either.
  [[nodiscard]] std::string where(const std::string& key) const;
  // The same line, 0 for none.
  [[nodiscard]] std::uint32_t line(const std::string& key) const;
  std::map<std::string, std::uint32_t> lines;
};

// Reads and checks the file, and the secrets it names. Errc::config; detail `file:line: reason`, or
// `file: reason`: the first fault in the order of the file. An error never shows a secret.
Result<Settings> read_settings(const Path& file);

// The reference of README, made from the setting table: one row a setting.
std::string settings_reference_markdown();

}  // namespace scep_ra::settings
