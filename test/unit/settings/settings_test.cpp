#include "settings/settings.h"

#include <algorithm>
#include <chrono>

#include "catch.h"
#include "make_toml.h"
#include "settings/setting_table.h"

using namespace scep_ra::settings;
using namespace std::chrono_literals;

namespace {

const std::string whole = R"toml([ra]
name    = "Contoso NDES"
wire    = "ndes"                   # imitate NDES
state   = "sqlite:/var/lib/scep-ra/state.db"
state_secret = { file = "state-secret" }
legacy  = ["3des", "sha1", "des", "md5"]
core_dumps = true
blocked_keys = ["stolen", "/usr/share/openssl-blacklist/blacklist.RSA-2048"]
[ra.signing]
certificate = "ra-signing.pem"
key         = "/etc/keys/../ra-signing.key"
[ra.encryption]
certificate = "ra-encryption.pem"
key         = "ra-encryption.key"

[ca]
kind = "local"
certificate = "ca.pem"
key = "ca.key"
chain = [
  "root.pem",
]

[challenge]
kind      = "none"
validity  = "30m"
maximum   = 0
length    = 16

[templates]
signature       = "NDES-Device-Certificate"
encryption      = "VPN (v1.0)"
general_purpose = "NDES-Device-Certificate"

[template.NDES-Device-Certificate]
validity              = "1y"
minimum_key_size      = 3072
key_algorithms        = ["rsa"]
key_usage             = ["digitalSignature"]
application_policies  = ["clientAuth", "1.3.6.1.5.5.8.2.2"]
subject               = { required = ["CN"], allowed = ["C", "CN", "2.5.4.97"], pattern = { CN = "^[A-Za-z0-9.-]{1,64}$" } }
subject_alternative_names = { allowed = ["dns", "upn"], maximum = 3, pattern = { dns = "\\.example\\.test$" } }
approval              = "automatic"
[template."VPN (v1.0)"]
validity = "6w"
[template."VPN (v1.0)".subject]
required = []

[admin]
users           = ["CONTOSO\\svc-jamf", "admin"]
require_tls     = false
trusted_proxies = ["192.0.2.7", "2001:DB8:0:0::1"]
[events]
sinks = ["syslog:/run/log", "file:events.jsonl"]
[limits]
message         = "1m"
in_flight       = 64
)toml";

}  // namespace

TEST_CASE("every setting of the RA file reaches the RA", "[settings]") {
  const TomlFolder folder;
  const auto read = folder.read(whole);
  REQUIRE(read);
  const Settings& settings = *read;

  CHECK(settings.file == folder.toml());
  CHECK(settings.ra.name == "Contoso NDES");
  CHECK(settings.ra.wire == "ndes");
  CHECK(settings.ra.state == "sqlite:/var/lib/scep-ra/state.db");
  CHECK(settings.ra.state_secret == scep_ra::Secret(scep_ra::Buffer(32, 0xaa)));
  CHECK(settings.ra.legacy == Words{"3des", "sha1", "des", "md5"});
  CHECK(settings.ra.blocked_keys ==
        std::vector<Path>{folder.path() / "stolen",
                          "/usr/share/openssl-blacklist/blacklist.RSA-2048"});
  CHECK(settings.ra.core_dumps);
  CHECK(settings.ra.signing.certificate == folder.path() / "ra-signing.pem");
  CHECK(settings.ra.signing.key == "/etc/ra-signing.key");
  CHECK(settings.ra.encryption.certificate == folder.path() / "ra-encryption.pem");
  CHECK(settings.ra.encryption.key == folder.path() / "ra-encryption.key");
  CHECK(settings.ca.kind == "local");
  CHECK(settings.ca.certificate == folder.path() / "ca.pem");
  CHECK(settings.ca.key == folder.path() / "ca.key");
  CHECK(settings.ca.chain == std::vector<Path>{folder.path() / "root.pem"});
  CHECK(settings.challenge.kind == "none");
  CHECK(settings.challenge.validity == 30min);
  CHECK(settings.challenge.maximum == 0);
  CHECK(settings.challenge.length == 16);
  CHECK(settings.templates.signature == "NDES-Device-Certificate");
  CHECK(settings.templates.encryption == "VPN (v1.0)");
  CHECK(settings.templates.general_purpose == "NDES-Device-Certificate");
  CHECK(settings.admin.users == Words{"CONTOSO\\svc-jamf", "admin"});
  CHECK_FALSE(settings.admin.require_tls);
  CHECK(settings.admin.trusted_proxies == Words{"192.0.2.7", "2001:db8::1"});
  CHECK(settings.events.sinks ==
        Words{"syslog:/run/log", "file:" + (folder.path() / "events.jsonl").string()});
  CHECK(settings.limits.message == 1024 * 1024);
  CHECK(settings.limits.in_flight == 64);
}

TEST_CASE("every setting of a template reaches the template", "[settings]") {
  const TomlFolder folder;
  const auto settings = folder.read(whole);
  REQUIRE(settings);
  REQUIRE(settings->template_list.size() == 2);

  const TemplateSettings& device = settings->template_list[0];
  CHECK(device.name == "NDES-Device-Certificate");
  CHECK(device.validity == 365 * 24h);
  CHECK(device.minimum_key_size == 3072);
  CHECK(device.key_algorithms == Words{"rsa"});
  CHECK(device.key_usage == Words{"digitalSignature"});
  CHECK(device.application_policies == Words{"clientAuth", "1.3.6.1.5.5.8.2.2"});
  CHECK(device.subject_required == Words{"CN"});
  CHECK(device.subject_allowed == Words{"C", "CN", "2.5.4.97"});
  CHECK(device.subject_pattern == Patterns{{"CN", "^[A-Za-z0-9.-]{1,64}$"}});
  CHECK(device.alternative_names_allowed == Words{"dns", "upn"});
  CHECK(device.alternative_names_maximum == 3);
  CHECK(device.alternative_names_pattern == Patterns{{"dns", "\\.example\\.test$"}});
  CHECK(device.approval == "automatic");

  const TemplateSettings& vpn = settings->template_list[1];
  CHECK(vpn.name == "VPN (v1.0)");
  CHECK(vpn.validity == 6 * 7 * 24h);
  CHECK(vpn.subject_required.empty());
}

TEST_CASE("what a file leaves out has the documented default", "[settings]") {
  const TomlFolder folder;
  const auto settings = folder.read(smallest);
  REQUIRE(settings);

  CHECK(settings->ra.wire == "rfc8894");
  CHECK(settings->ra.state == "sqlite:/var/lib/scep-ra/state.db");
  CHECK(settings->ra.state_secret.size() == 32);
  CHECK(settings->ra.legacy == Words{"3des", "sha1"});
  CHECK(settings->ra.blocked_keys.empty());
  CHECK_FALSE(settings->ra.core_dumps);
  CHECK(settings->ca.kind == "local");
  CHECK(settings->ca.chain.empty());
  CHECK(settings->challenge.kind == "one-time");
  CHECK(settings->challenge.validity == 60min);
  CHECK(settings->challenge.maximum == 5);
  CHECK(settings->challenge.length == 8);
  CHECK(settings->admin.users.empty());
  CHECK(settings->admin.require_tls);
  CHECK(settings->admin.trusted_proxies.empty());
  CHECK(settings->events.sinks == Words{"syslog", "file:/var/log/scep-ra/events.jsonl"});
  CHECK(settings->limits.message == 128 * 1024);
  CHECK(settings->limits.in_flight == 1024);
}

TEST_CASE("what a template leaves out has the documented default", "[settings]") {
  const TomlFolder folder;
  const auto settings = folder.read(with_line(smallest, R"(validity = "90d")", ""));
  REQUIRE(settings);
  REQUIRE(settings->template_list.size() == 1);

  const TemplateSettings& device = settings->template_list[0];
  CHECK(device.validity == 365 * 24h);
  CHECK(device.minimum_key_size == 2048);
  CHECK(device.key_algorithms == Words{"rsa", "ec"});
  CHECK(device.key_usage == Words{"digitalSignature", "keyEncipherment"});
  CHECK(device.application_policies == Words{"clientAuth", "serverAuth"});
  CHECK(device.subject_required == Words{"CN"});
  CHECK(device.subject_allowed ==
        Words{"C", "O", "OU", "CN", "serialNumber", "unstructuredName", "unstructuredAddress"});
  CHECK(device.subject_pattern.empty());
  CHECK(device.alternative_names_allowed == Words{"dns", "ip"});
  CHECK(device.alternative_names_maximum == 8);
  CHECK(device.alternative_names_pattern.empty());
  CHECK(device.approval == "automatic");
}

TEST_CASE("a relative path is relative to the folder of its file, wherever the server runs",
          "[settings]") {
  const TomlFolder folder;
  const auto settings = folder.read(
      with_line(smallest, R"(name = "Test RA")", "name = 'x'\nstate = 'sqlite:db/a.db'"));
  REQUIRE(settings);
  CHECK(settings->ra.state == "sqlite:" + (folder.path() / "db/a.db").string());
}

TEST_CASE("later checks find file and line of every key", "[settings]") {
  const TomlFolder folder;
  const auto settings = folder.read(whole);
  REQUIRE(settings);
  const std::string file = folder.toml().string();

  CHECK(settings->where("ra.signing.key") == file + ":11");
  CHECK(settings->where("template.NDES-Device-Certificate.subject.pattern.CN") == file + ":41");
  CHECK(settings->where("template.VPN (v1.0).subject.required") == file + ":47");
  // Not written: the table it belongs to, or the next one around that.
  CHECK(settings->where("template.VPN (v1.0).key_usage") == file + ":44");
  CHECK(settings->where("ra.signing.password") == file + ":9");
  CHECK(settings->where("nothing.at.all") == file);
}

TEST_CASE("the reference of README has one row for every setting", "[settings]") {
  const std::string markdown = settings_reference_markdown();

  CHECK(std::ranges::count(markdown, '\n') == std::ranges::ssize(setting_table()) + 2);
  for (const Setting& row : setting_table()) {
    INFO(row.key);
    CHECK(markdown.contains(row.fallback));
    CHECK(markdown.contains(" | " + std::string(row.help) + " |\n"));
  }
}

TEST_CASE("a row of the reference tells key, value, default and meaning", "[settings]") {
  const std::string markdown = settings_reference_markdown();

  CHECK(
      markdown.contains("\n| `challenge.validity` | duration, 1s to 1y | `\"60m\"` | how long an "
                        "unused one-time password stays valid |\n"));
  CHECK(markdown.contains("\n| `ca.key` | file | must be there | "));
  CHECK(
      markdown.contains("\n| `template.NAME.key_algorithms` | list: `rsa`, `ec` | "
                        "`[\"rsa\", \"ec\"]` | keys a device may have |\n"));
  CHECK(markdown.contains("\n| `limits.message` | size, 4k to 1m | `\"128k\"` | "));
}
