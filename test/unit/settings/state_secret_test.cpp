#include "catch.h"
#include "make_toml.h"

namespace {

using scep_ra::Buffer;
using scep_ra::Secret;

const std::string digits = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";

// The smallest file with state_secret in line 3.
std::string toml_with(const std::string& state_secret) {
  return with_line(smallest, R"(name = "Test RA")", "name = 'x'\nstate_secret = " + state_secret);
}

}  // namespace

TEST_CASE("the state secret is read from a file of hexadecimal digits or of octets", "[settings]") {
  const TomlFolder folder;
  folder.write("digits", std::string(62, '0') + "fF\r\n", 0400);
  folder.write("octets", std::string(31, '\0') + "\xff", 0600);
  Buffer octets(32);
  octets[31] = 0xff;
  const Secret expected{std::move(octets)};

  const auto of_digits = folder.read(toml_with("{ file = 'digits' }"));
  REQUIRE(of_digits);
  CHECK(of_digits->ra.state_secret == expected);
  const auto of_octets = folder.read(toml_with("{ file = 'octets' }"));
  REQUIRE(of_octets);
  CHECK(of_octets->ra.state_secret == expected);
}

TEST_CASE("a secret file that others may read is refused", "[settings][case:S3]") {
  const TomlFolder folder;
  folder.write("secret", digits, 0440);
  CHECK(folder.fault(toml_with("{ file = 'secret' }")) ==
        "scep-ra.toml:3: ra.state_secret: secret: others than its owner may use this file (make it "
        "mode 0400)");
  folder.write("secret", digits, 0404);
  CHECK(folder.fault(toml_with("{ file = 'secret' }")).starts_with("scep-ra.toml:3: "));
  folder.write("secret", digits, 0400);
  CHECK(folder.fault(toml_with("{ file = 'secret' }")) == "accepted");
}

TEST_CASE("a secret that is not there is told at the line that names it", "[settings]") {
  const TomlFolder folder;
  CHECK(folder.fault(toml_with("{ file = 'absent' }")) ==
        "scep-ra.toml:3: ra.state_secret: absent: cannot read: No such file or directory");
  std::filesystem::remove(folder.path() / "state-secret");
  CHECK(folder.fault(smallest) ==
        "scep-ra.toml:1: ra.state_secret: state-secret: cannot read: No such file or directory");
}

TEST_CASE("the name of a secret's file must be a name", "[settings]") {
  const TomlFolder folder;
  CHECK(folder.fault(toml_with("{ file = '' }")) ==
        "scep-ra.toml:3: ra.state_secret: file must not be empty");
  CHECK(folder.fault(toml_with("{ file = \"state-secret\\u0000x\" }")) ==
        "scep-ra.toml:3: ra.state_secret: file has a control character");
}

TEST_CASE("a secret in the file itself is refused when others may read the file", "[settings]") {
  const TomlFolder folder;
  const std::string toml = toml_with("'" + digits + "'");
  const std::string refused =
      "scep-ra.toml:3: ra.state_secret: a secret may not stand in a file that others may read: "
      "write { file = \"...\" }, or make this file mode 0600";
  CHECK(folder.fault(toml, 0640) == refused);
  CHECK(folder.fault(toml, 0604) == refused);
  const auto settings = folder.read(toml, 0600);
  REQUIRE(settings);
  CHECK(settings->ra.state_secret.size() == 32);
  CHECK(settings->ra.state_secret.reveal()[1] == 0x11);
  CHECK(settings->ra.state_secret.reveal()[16] == 0xff);
}

TEST_CASE("no error shows a secret", "[settings]") {
  const TomlFolder folder;
  const std::string almost(63, '7');

  CHECK(folder.fault(toml_with("'" + almost + "'"), 0600) ==
        "scep-ra.toml:3: ra.state_secret: expected 64 hexadecimal digits");
  CHECK(folder.fault(toml_with("'" + almost + "g'"), 0600) ==
        "scep-ra.toml:3: ra.state_secret: expected 64 hexadecimal digits");
  folder.write("short", almost, 0400);
  CHECK(folder.fault(toml_with("{ file = 'short' }")) ==
        "scep-ra.toml:3: ra.state_secret: short: expected 64 hexadecimal digits or 32 octets");
  CHECK(
      folder.fault(toml_with("{ fil = 'short' }")) ==
      "scep-ra.toml:3: ra.state_secret: expected { file = \"...\" } or a string of 64 hexadecimal "
      "digits");
  CHECK(
      folder.fault(toml_with("['" + almost + "']")) ==
      "scep-ra.toml:3: ra.state_secret: expected { file = \"...\" } or a string of 64 hexadecimal "
      "digits");
  // Without quotation marks it is a number to TOML, and toml++ would quote it.
  CHECK(folder.fault(toml_with(almost), 0600) ==
        "scep-ra.toml:3: no valid TOML: Error while parsing decimal integer: this is not "
        "representable in 64 bits");
  CHECK(folder.fault(toml_with("0x" + digits), 0600).find("0011") == std::string::npos);
  CHECK(folder.fault(toml_with(almost + "e99999"), 0600).find("7777") == std::string::npos);
}
