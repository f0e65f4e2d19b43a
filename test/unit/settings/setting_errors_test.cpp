#include "catch.h"
#include "make_toml.h"

namespace {

// The fault of the smallest file with one line in the place of another.
std::string fault_with(const TomlFolder& folder, std::string_view line,
                       std::string_view replacement) {
  return folder.fault(with_line(smallest, line, replacement));
}

// The fault of the smallest file with a line in [template.Device].
std::string template_fault(const TomlFolder& folder, std::string_view line) {
  return fault_with(folder, R"(validity = "90d")", line);
}

// The fault of the smallest file with a table behind it; its first line is 21.
std::string appended_fault(const TomlFolder& folder, const std::string& lines) {
  return folder.fault(smallest + lines);
}

}  // namespace

TEST_CASE("the smallest file is accepted", "[settings]") {
  const TomlFolder folder;
  CHECK(folder.fault(smallest) == "accepted");
}

TEST_CASE("a key nobody knows is an error that says what may have been meant", "[settings]") {
  const TomlFolder folder;
  CHECK(appended_fault(folder, "[challenge]\nvalidty = '60m'\n") ==
        "scep-ra.toml:22: unknown key challenge.validty (did you mean challenge.validity?)");
  CHECK(appended_fault(folder, "[chalenge]\nvalidity = '60m'\n") ==
        "scep-ra.toml:21: unknown key chalenge (did you mean challenge?)");
  CHECK(template_fault(folder, "Validity = '1y'") ==
        "scep-ra.toml:20: unknown key template.Device.Validity (did you mean "
        "template.Device.validity?)");
  CHECK(template_fault(folder, "subject = { alowed = ['CN'] }") ==
        "scep-ra.toml:20: unknown key template.Device.subject.alowed (did you mean "
        "template.Device.subject.allowed?)");
  CHECK(appended_fault(folder, "[admin]\nin_flight = 5\n") ==
        "scep-ra.toml:22: unknown key admin.in_flight (did you mean limits.in_flight?)");
  CHECK(appended_fault(folder, "[surprise]\n") == "scep-ra.toml:21: unknown key surprise");
}

TEST_CASE("a misspelt key is told before the one that is missing for it", "[settings]") {
  const TomlFolder folder;
  CHECK(fault_with(folder, R"(key = "ca.key")", R"(kye = "ca.key")") ==
        "scep-ra.toml:12: unknown key ca.kye (did you mean ca.key?)");
}

TEST_CASE("a setting this build does not serve is refused, not ignored", "[settings]") {
  const TomlFolder folder;
  const std::string name = R"(name = "Test RA")";
  CHECK(fault_with(folder, name, "renewal = 1") == "scep-ra.toml:2: unknown key ra.renewal");
  CHECK(appended_fault(folder, "[events]\nkeep = '400d'\n") ==
        "scep-ra.toml:22: unknown key events.keep");
  CHECK(fault_with(folder, "[ca]", "[ca]\nkind = 'est'") ==
        "scep-ra.toml:11: ca.kind: this build does not have \"est\", only \"local\"");
  CHECK(fault_with(folder, "[ca]", "[ca]\nkind = 'lokal'") ==
        "scep-ra.toml:11: ca.kind: \"lokal\" is not \"local\"");
  CHECK(appended_fault(folder, "[challenge]\nkind = 'intune'\n") ==
        "scep-ra.toml:22: challenge.kind: this build does not have \"intune\", only \"one-time\", "
        "\"none\"");
  CHECK(fault_with(folder, name, name + "\nstate = 'postgresql://u:hunter2@db/x'") ==
        "scep-ra.toml:3: ra.state: this build does not have PostgreSQL, only \"sqlite:PATH\"");
  CHECK(fault_with(folder, R"(key = "ca.key")", "key = 'pkcs11:token=ca?pin-value=hunter2'") ==
        "scep-ra.toml:12: ca.key: this build does not have PKCS#11, only key files");
}

TEST_CASE("a quoted key with a dot is not the key of a table", "[settings]") {
  const TomlFolder folder;
  CHECK(folder.fault("\"ca.kind\" = 'local'\n" + smallest) ==
        "scep-ra.toml:1: unknown key ca.kind");
}

TEST_CASE("a value of the wrong type is told with what was expected and found", "[settings]") {
  const TomlFolder folder;
  CHECK(appended_fault(folder, "[challenge]\nvalidity = 60\n") ==
        "scep-ra.toml:22: challenge.validity: expected a string such as \"30d\", found an integer");
  CHECK(appended_fault(folder, "[challenge]\nmaximum = '5'\n") ==
        "scep-ra.toml:22: challenge.maximum: expected an integer, found a string");
  CHECK(appended_fault(folder, "[limits]\nmessage = 131072\n") ==
        "scep-ra.toml:22: limits.message: expected a string such as \"128k\", found an integer");
  CHECK(appended_fault(folder, "[admin]\nrequire_tls = 'no'\n") ==
        "scep-ra.toml:22: admin.require_tls: expected true or false, found a string");
  CHECK(appended_fault(folder, "[admin]\nusers = 'admin'\n") ==
        "scep-ra.toml:22: admin.users: expected an array of strings, found a string");
  CHECK(appended_fault(folder, "[admin]\nusers = [\n'admin',\n7]\n") ==
        "scep-ra.toml:24: admin.users: expected a string, found an integer");
  CHECK(fault_with(folder, R"(name = "Test RA")", "name = 2020-01-01") ==
        "scep-ra.toml:2: ra.name: expected a string, found a date or time");
  CHECK(fault_with(folder, R"(certificate = "ca.pem")", "certificate = true") ==
        "scep-ra.toml:11: ca.certificate: expected a string with the name of a file, found true or "
        "false");
  CHECK(fault_with(folder, R"(certificate = "ca.pem")", "chain = 'root.pem'") ==
        "scep-ra.toml:11: ca.chain: expected an array of file names, found a string");
  CHECK(template_fault(folder, "subject = ['CN']") ==
        "scep-ra.toml:20: template.Device.subject: expected a table, found an array");
  CHECK(template_fault(folder, "subject = { pattern = '.*' }") ==
        "scep-ra.toml:20: template.Device.subject.pattern: expected a table of regular expressions "
        "by word, found a string");
  CHECK(template_fault(folder, "subject = { pattern = { CN = 1.5 } }") ==
        "scep-ra.toml:20: template.Device.subject.pattern.CN: expected a string with a regular "
        "expression, found a number with a fraction");
  CHECK(fault_with(folder, "[ca]", "[[ca]]") ==
        "scep-ra.toml:10: ca: expected a table, found an array");
}

TEST_CASE("durations and sizes that are none are refused", "[settings]") {
  const TomlFolder folder;
  CHECK(
      appended_fault(folder, "[challenge]\nvalidity = '60'\n") ==
      "scep-ra.toml:22: challenge.validity: \"60\" is no duration: a number and one of s, m, h, d, "
      "w, y, such as \"30d\"");
  CHECK(appended_fault(folder, "[challenge]\nvalidity = '1h30m'\n").contains("is no duration"));
  CHECK(appended_fault(folder, "[challenge]\nvalidity = '-5m'\n").contains("is no duration"));
  CHECK(appended_fault(folder, "[challenge]\nvalidity = '1M'\n").contains("is no duration"));
  CHECK(appended_fault(folder, "[challenge]\nvalidity = ''\n").contains("is no duration"));
  CHECK(appended_fault(folder, "[challenge]\nvalidity = '99999999999999999999y'\n")
            .contains("is no duration"));
  CHECK(
      appended_fault(folder, "[limits]\nmessage = '1g'\n") ==
      "scep-ra.toml:22: limits.message: \"1g\" is no size: octets, or a number and k or m, such as "
      "\"128k\"");
  CHECK(appended_fault(folder, "[limits]\nmessage = 'k'\n").contains("is no size"));
  CHECK(appended_fault(folder, "[limits]\nmessage = '65536'\n") == "accepted");
  CHECK(appended_fault(folder, "[limits]\nmessage = '1M'\n") == "accepted");
}

TEST_CASE("every number has its range", "[settings]") {
  const TomlFolder folder;
  CHECK(appended_fault(folder, "[challenge]\nlength = 3\n") ==
        "scep-ra.toml:22: challenge.length: 3 is out of range, 4 to 64");
  CHECK(appended_fault(folder, "[challenge]\nlength = 4\n") == "accepted");
  CHECK(appended_fault(folder, "[challenge]\nlength = 64\n") == "accepted");
  CHECK(appended_fault(folder, "[challenge]\nlength = 65\n") ==
        "scep-ra.toml:22: challenge.length: 65 is out of range, 4 to 64");
  CHECK(appended_fault(folder, "[challenge]\nmaximum = -1\n") ==
        "scep-ra.toml:22: challenge.maximum: -1 is less than 0");
  CHECK(appended_fault(folder, "[challenge]\nmaximum = 4294967296\n") ==
        "scep-ra.toml:22: challenge.maximum: 4294967296 is out of range, 0 to 10000000");
  CHECK(appended_fault(folder, "[challenge]\nvalidity = '0s'\n") ==
        "scep-ra.toml:22: challenge.validity: 0s is out of range, 1s to 1y");
  CHECK(appended_fault(folder, "[limits]\nmessage = '1025k'\n") ==
        "scep-ra.toml:22: limits.message: 1025k is out of range, 4k to 1m");
  CHECK(appended_fault(folder, "[limits]\nin_flight = 0\n") ==
        "scep-ra.toml:22: limits.in_flight: 0 is out of range, 1 to 65536");
  CHECK(template_fault(folder, "minimum_key_size = 1023") ==
        "scep-ra.toml:20: template.Device.minimum_key_size: 1023 is out of range, 1024 to 4096");
  CHECK(template_fault(folder, "minimum_key_size = 4096") == "accepted");
  CHECK(template_fault(folder, "validity = '31y'") ==
        "scep-ra.toml:20: template.Device.validity: 31y is out of range, 1m to 30y");
}

TEST_CASE("what must be there and is not stands at the line of its table", "[settings]") {
  const TomlFolder folder;
  CHECK(fault_with(folder, R"(name = "Test RA")", "") == "scep-ra.toml:1: ra.name is missing");
  CHECK(fault_with(folder, R"(key = "ra-encryption.key")", "") ==
        "scep-ra.toml:6: ra.encryption.key is missing");
  CHECK(fault_with(folder, R"(encryption = "Device")", "") ==
        "scep-ra.toml:14: templates.encryption is missing");
  CHECK(folder.fault("[ra]\nname = 'x'\n") == "scep-ra.toml:1: ra.signing.certificate is missing");
  CHECK(folder.fault("") == "scep-ra.toml: ra.name is missing");
}

TEST_CASE("of several faults the first in the file is told", "[settings]") {
  const TomlFolder folder;
  const std::string two = with_line(smallest, R"(validity = "90d")", R"(validity = "90")");
  CHECK(folder.fault(two + "[admin]\nuser = 'x'\n").starts_with("scep-ra.toml:20: "));
  CHECK(folder.fault("surprise = 1\n" + two).starts_with("scep-ra.toml:1: "));
}

TEST_CASE("TOML's own faults are told with toml++'s line", "[settings]") {
  const TomlFolder folder;
  CHECK(folder.fault("[ra]\nname = \n") ==
        "scep-ra.toml:2: no valid TOML: Error while parsing key-value pair: expected value, saw "
        "'\\n'");
  CHECK(fault_with(folder, R"(key = "ca.key")", "key = 'a'\nkey = 'b'") ==
        "scep-ra.toml:13: no valid TOML: Error while parsing key-value pair: cannot redefine "
        "existing string 'key'");
  CHECK(
      appended_fault(folder, "[ca]\n") ==
      "scep-ra.toml:21: no valid TOML: Error while parsing table header: cannot redefine existing "
      "table 'ca'");
  CHECK(folder.fault("[ra]\nname = \"\xff\"\n").starts_with("scep-ra.toml:2: no valid TOML: "));
  CHECK(folder.fault("a = " + std::string(5000, '[')).starts_with("scep-ra.toml:1: no valid TOML"));
}

TEST_CASE("a file that cannot be read or is too large is refused", "[settings]") {
  const TomlFolder folder;
  const auto absent = scep_ra::settings::read_settings(folder.path() / "absent.toml");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == scep_ra::Errc::config);
  CHECK(absent.error().detail ==
        (folder.path() / "absent.toml").string() + ": cannot read: No such file or directory");

  const std::string comment =
      "#" + std::string(std::size_t{1024} * 1024 - smallest.size() - 2, 'x') + "\n";
  CHECK(folder.fault(smallest + comment) == "accepted");
  CHECK(folder.fault(smallest + "#" + comment) == "scep-ra.toml: larger than 1048576 bytes");
}

TEST_CASE("a template that is named and not there stops the start", "[settings]") {
  const TomlFolder folder;
  CHECK(fault_with(folder, R"(encryption = "Device")", R"(encryption = "device")") ==
        "scep-ra.toml:16: templates.encryption names \"device\", which has no section; there are "
        "\"Device\"");
  CHECK(appended_fault(folder, "[template.VPN]\n") == "accepted");
  CHECK(
      folder.fault(
          with_line(smallest, R"(general_purpose = "Device")", R"(general_purpose = "WLAN")") +
          "[template.VPN]\n") ==
      "scep-ra.toml:17: templates.general_purpose names \"WLAN\", which has no section; there are "
      "\"Device\", \"VPN\"");
  CHECK(folder.fault(smallest.substr(0, smallest.find("[template."))) ==
        "scep-ra.toml:15: templates.signature names \"Device\", which has no section; there is no "
        "[template.NAME] at all");
}

TEST_CASE("a template's name is plain", "[settings]") {
  const TomlFolder folder;
  CHECK(appended_fault(folder, "[template.'a/b']\n") ==
        "scep-ra.toml:21: the name of template \"a/b\" must be 1 to 64 letters, digits, blanks and "
        "_().-");
  CHECK(appended_fault(folder, "[template.'']\n").starts_with("scep-ra.toml:21: the name of"));
  CHECK(appended_fault(folder, "[template.'*']\n").starts_with("scep-ra.toml:21: the name of"));
  CHECK(appended_fault(folder, "[template.\"a\\u0000\"]\n").contains("\"a\\x00\""));
  CHECK(appended_fault(folder, "[template.'Web (v1.2)_x-3']\n") == "accepted");
}

TEST_CASE("a word that means nothing is refused with the words that do", "[settings]") {
  const TomlFolder folder;
  CHECK(fault_with(folder, R"(name = "Test RA")", "name = 'x'\nwire = 'ndis'") ==
        "scep-ra.toml:3: ra.wire: \"ndis\" is not one of \"rfc8894\", \"ndes\"");
  CHECK(fault_with(folder, R"(name = "Test RA")", "name = 'x'\nlegacy = ['sha1',\n'rc4']") ==
        "scep-ra.toml:4: ra.legacy: \"rc4\" is not one of \"3des\", \"sha1\", \"des\", \"md5\"");
  CHECK(fault_with(folder, R"(name = "Test RA")", "name = 'x'\nlegacy = []") == "accepted");
  CHECK(template_fault(folder, "key_algorithms = ['RSA']") ==
        "scep-ra.toml:20: template.Device.key_algorithms: \"RSA\" is not one of \"rsa\", \"ec\"");
  CHECK(template_fault(folder, "key_algorithms = []") ==
        "scep-ra.toml:20: template.Device.key_algorithms: must not be empty");
  CHECK(template_fault(folder, "key_algorithms = ['ec', 'ec']") ==
        "scep-ra.toml:20: template.Device.key_algorithms: \"ec\" stands there twice");
  CHECK(template_fault(folder, "key_usage = ['keyCertSign']") ==
        "scep-ra.toml:20: template.Device.key_usage: \"keyCertSign\" is not one of "
        "\"digitalSignature\", \"nonRepudiation\", \"keyEncipherment\", \"dataEncipherment\", "
        "\"keyAgreement\"");
  CHECK(template_fault(folder, "application_policies = ['clientauth']") ==
        "scep-ra.toml:20: template.Device.application_policies: \"clientauth\" is not one of "
        "\"clientAuth\", \"serverAuth\", \"codeSigning\", \"emailProtection\", "
        "\"ipsecIntermediate\", \"ipsecIKE\", and no OID");
  CHECK(template_fault(folder, "application_policies = ['3.1']").contains("and no OID"));
  CHECK(template_fault(folder, "application_policies = ['1.40.1']").contains("and no OID"));
  CHECK(template_fault(folder, "application_policies = ['1..3']").contains("and no OID"));
  CHECK(template_fault(folder, "application_policies = ['2.999.1', 'ipsecIKE']") == "accepted");
  CHECK(template_fault(folder, "subject_alternative_names.allowed = ['sid']") ==
        "scep-ra.toml:20: template.Device.subject_alternative_names.allowed: this build does not "
        "have \"sid\", only \"dns\", \"ip\", \"email\", \"uri\", \"upn\"");
  CHECK(template_fault(folder, "subject = { allowed = ['CN', 'C N'] }") ==
        "scep-ra.toml:20: template.Device.subject.allowed: \"C N\" is no attribute: a keyword such "
        "as \"CN\" or an OID");
  CHECK(appended_fault(folder, "[admin]\ntrusted_proxies = ['proxy.example']\n") ==
        "scep-ra.toml:22: admin.trusted_proxies: \"proxy.example\" is no IP address");
  CHECK(appended_fault(folder, "[events]\nsinks = ['/var/log/x']\n") ==
        "scep-ra.toml:22: events.sinks: \"/var/log/x\" is not one of \"syslog\", \"syslog:PATH\", "
        "\"file:PATH\"");
  CHECK(fault_with(folder, R"(name = "Test RA")", "name = 'x'\nstate = '/var/lib/x.db'") ==
        "scep-ra.toml:3: ra.state: expected \"sqlite:PATH\"");
}

TEST_CASE("a text that nobody could read or use is refused", "[settings]") {
  const TomlFolder folder;
  const std::string name = R"(name = "Test RA")";
  CHECK(fault_with(folder, name, "name = ''") == "scep-ra.toml:2: ra.name: must not be empty");
  CHECK(fault_with(folder, name, "name = \"a\\nb\"") ==
        "scep-ra.toml:2: ra.name: has a control character");
  CHECK(fault_with(folder, name, "name = '" + std::string(65, 'x') + "'") ==
        "scep-ra.toml:2: ra.name: is longer than 64 octets");
  CHECK(fault_with(folder, name, "name = '" + std::string(64, 'x') + "'") == "accepted");
  CHECK(fault_with(folder, R"(certificate = "ca.pem")", "certificate = \"ca.pem\\u0000x\"") ==
        "scep-ra.toml:11: ca.certificate: has a control character");
}

TEST_CASE("a pattern must be a regular expression", "[settings]") {
  const TomlFolder folder;
  CHECK(template_fault(folder, "subject = { pattern = { CN = '^[a-z' } }") ==
        "scep-ra.toml:20: template.Device.subject.pattern.CN: \"^[a-z\" is no regular expression "
        "(Unexpected character within '[...]' in regular expression)");
  CHECK(template_fault(folder, "subject = { pattern = { CN = '(' } }").contains("is no regular"));
  CHECK(
      template_fault(folder, "subject = { pattern = { CN = '" + std::string(513, 'a') + "' } }") ==
      "scep-ra.toml:20: template.Device.subject.pattern.CN: is longer than 512 octets");
  CHECK(template_fault(folder, "subject = { pattern = { CN = '((a{999}){999}){999}' } }")
            .contains("is no regular expression"));
  CHECK(template_fault(folder, "subject = { pattern = { CN = '^[a-z]+$' } }") == "accepted");
  CHECK(template_fault(folder, "subject_alternative_names = { pattern = { host = 'x' } }") ==
        "scep-ra.toml:20: template.Device.subject_alternative_names.pattern.host: \"host\" is not "
        "one of \"dns\", \"ip\", \"email\", \"uri\", \"upn\"");
  for (const char* expression :
       {"a{9999999999}", "a{1,9999999999999999999}", "a{,9999999999}", "\\9999999999"})
    CHECK(
        template_fault(folder, "subject = { pattern = { CN = '" + std::string(expression) + "' } }")
            .contains("has a number of more than 9 digits"));
  for (const char* expression :
       {"[0-9]{1,64}x12345678901", "^a,12345678901$", "\\\\12345678901", "a{123456789}?"})
    CHECK_FALSE(
        template_fault(folder, "subject = { pattern = { CN = '" + std::string(expression) + "' } }")
            .contains("more than 9 digits"));
  CHECK(template_fault(folder, "subject = { pattern = { CN = '^a,12345678901$' } }") == "accepted");
}

TEST_CASE("what is required or has a pattern must be allowed too", "[settings]") {
  const TomlFolder folder;
  CHECK(template_fault(folder, "subject = { required = ['O', 'L'] }") ==
        "scep-ra.toml:20: template.Device.subject.required has \"L\", which "
        "template.Device.subject.allowed does not have");
  CHECK(template_fault(folder, "subject = { pattern = { L = 'x' } }") ==
        "scep-ra.toml:20: template.Device.subject.pattern has \"L\", which "
        "template.Device.subject.allowed does not have");
  CHECK(template_fault(folder, "subject_alternative_names = { pattern = { upn = 'x' } }") ==
        "scep-ra.toml:20: template.Device.subject_alternative_names.pattern has \"upn\", which "
        "template.Device.subject_alternative_names.allowed does not have");
  CHECK(template_fault(folder, "subject = { allowed = ['O'] }") ==
        "scep-ra.toml:20: template.Device.subject.required has by default \"CN\", which "
        "template.Device.subject.allowed does not have");
  CHECK(template_fault(folder, "subject = { required = ['O'], allowed = ['O'] }") == "accepted");
}

TEST_CASE("a place of the CRL that no device could use is refused", "[settings]") {
  const TomlFolder folder;
  const auto fault = [&](const std::string& line) {
    return folder.fault(with_line(smallest, R"(key = "ca.key")", "key = \"ca.key\"\n" + line));
  };
  CHECK(fault(R"(crl_url = "http://pki.example.test/{key}.crl")") == "accepted");
  CHECK(fault(R"(crl_url = "https://pki.example.test/ca.crl")") ==
        "scep-ra.toml:13: ca.crl_url: a CRL is fetched by plain http://; it is signed, and https "
        "needs one itself");
  CHECK(fault(R"(crl_url = "http://")") ==
        "scep-ra.toml:13: ca.crl_url: \"http://\" is no http:// URL");
  CHECK(fault(R"(crl_validity = "1m")") ==
        "scep-ra.toml:13: ca.crl_validity: 1m is out of range, 1h to 1y");
}

TEST_CASE("a successor's certificate needs its key, a key may wait for its certificate",
          "[settings]") {
  const TomlFolder folder;
  const auto fault = [&](const std::string& line) {
    return folder.fault(with_line(smallest, R"(key = "ca.key")", "key = \"ca.key\"\n" + line));
  };
  CHECK(fault(R"(next_key = "next.key")") == "accepted");
  CHECK(fault(R"(next_certificate = "next.pem")") ==
        "scep-ra.toml:13: ca.next_certificate needs ca.next_key");
}
