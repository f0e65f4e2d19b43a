#include "tool/configuration_text.h"

#include "catch.h"

using namespace scep_ra;

namespace {

tool::ConfigurationChoices choices() {
  return {.ra_name = "RA",
          .state_file = "/var/lib/scep-ra/state.db",
          .sinks = {"file:/var/log/scep-ra/events.jsonl"},
          .admin_users = {"CONTOSO\\svc-jamf", "admin"},
          .domains = {},
          .require_tls = true};
}

}  // namespace

TEST_CASE("what init was told stands in the configuration", "[tool]") {
  const auto text = tool::configuration_text(choices());
  CHECK(text.contains("name         = \"RA\"\n"));
  CHECK(text.contains("\"sqlite:/var/lib/scep-ra/state.db\""));
  CHECK(text.contains("users       = [\"CONTOSO\\\\svc-jamf\", \"admin\"]"));
  CHECK(text.contains("require_tls = true"));
  CHECK(text.contains("state_secret = { file = \"state-secret\" }"));
}

TEST_CASE("a value cannot leave its quotes or fill another blank", "[tool]") {
  auto hostile = choices();
  hostile.ra_name = "a\"\n[x] @state@";
  const auto text = tool::configuration_text(hostile);
  CHECK(text.contains("name         = \"a\\\"\\u000A[x] @state@\"\n"));
}

TEST_CASE("domains become one pattern with their dots escaped", "[tool]") {
  auto limited = choices();
  limited.domains = {"example.test", "b.example"};
  const auto text = tool::configuration_text(limited);
  CHECK(text.contains("pattern = { dns = '(^|\\.)(example\\.test|b\\.example)$' }"));
  CHECK_FALSE(text.contains("\"ip\""));
}

TEST_CASE("where the CRL is stands in the configuration, or how to say it", "[tool]") {
  auto revoking = choices();
  CHECK(tool::configuration_text(revoking).contains("\n# crl_url   = \"http://"));
  revoking.crl_url = "http://pki.test/{key}.crl";
  revoking.crl_file = "/crl/{key}.crl";
  const auto text = tool::configuration_text(revoking);
  CHECK(text.contains("crl_url     = \"http://pki.test/{key}.crl\""));
  CHECK(text.contains("crl_file    = \"/crl/{key}.crl\""));
}
