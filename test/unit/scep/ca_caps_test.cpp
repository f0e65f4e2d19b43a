#include "scep/ca_caps.h"

#include "catch.h"

using namespace scep_ra;
using namespace scep_ra::scep;

namespace {
constexpr Abilities all{.renewal = true, .next_ca_certificate = true};
std::string rfc(const AlgorithmPolicy& policy, const Abilities& abilities) {
  return ca_caps(rfc8894_profile(), policy, abilities);
}
std::string ndes(const AlgorithmPolicy& policy, const Abilities& abilities) {
  return ca_caps(ndes_profile(), policy, abilities);
}
}  // namespace

TEST_CASE("GetCACaps under rfc8894 lists what is enabled, in this case and order",
          "[scep][req:C2][req:C3][req:C5][req:C8a]") {
  CHECK(rfc({}, {}) ==
        "AES\nDES3\nPOSTPKIOperation\nSCEPStandard\nSHA-1\nSHA-256\nSHA-384\nSHA-512");
  CHECK(rfc({}, all) ==
        "AES\nDES3\nGetNextCACert\nPOSTPKIOperation\nRenewal\nSCEPStandard\nSHA-1\nSHA-256\nSHA-"
        "384\nSHA-512");
  CHECK(rfc({}, {.renewal = true}) ==
        "AES\nDES3\nPOSTPKIOperation\nRenewal\nSCEPStandard\nSHA-1\nSHA-256\nSHA-384\nSHA-512");
  CHECK(rfc({.triple_des = false}, {}) ==
        "AES\nPOSTPKIOperation\nSCEPStandard\nSHA-1\nSHA-256\nSHA-384\nSHA-512");
  CHECK(rfc({.sha1 = false}, {}) ==
        "AES\nDES3\nPOSTPKIOperation\nSCEPStandard\nSHA-256\nSHA-384\nSHA-512");
  CHECK(rfc({.triple_des = false, .sha1 = false}, {}) ==
        "AES\nPOSTPKIOperation\nSCEPStandard\nSHA-256\nSHA-384\nSHA-512");
}

TEST_CASE("GetCACaps under ndes is NDES's list in NDES's order", "[scep][req:C8]") {
  CHECK(ndes({}, {.renewal = true}) == "POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3");
  CHECK(ndes({}, {}) == "POSTPKIOperation\nSHA-512\nSHA-256\nSHA-1\nDES3");
  CHECK(ndes({.triple_des = false, .sha1 = false}, all) ==
        "POSTPKIOperation\nRenewal\nSHA-512\nSHA-256");
}

TEST_CASE("no word of GetCACaps stands for MD5 or single DES", "[scep][req:C6]") {
  CHECK(rfc({.des = true, .md5 = true}, all) == rfc({}, all));
  CHECK(ndes({.des = true, .md5 = true}, all) == ndes({}, all));
}

TEST_CASE("GetCACaps has no blank line, no blanks, no line end behind it", "[scep][req:C4]") {
  for (const std::string& caps :
       {rfc({}, all), rfc({.triple_des = false, .sha1 = false}, {}), ndes({}, all), ndes({}, {})}) {
    CHECK(caps.find("\n\n") == std::string::npos);
    CHECK(caps.find_first_of(" \r\t") == std::string::npos);
    CHECK(caps.find('\0') == std::string::npos);
    CHECK(caps.back() != '\n');
    CHECK(caps.front() != '\n');
    CHECK(caps.size() < 1024);
  }
}
