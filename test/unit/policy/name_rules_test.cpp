#include "policy/name_rules.h"

#include "asn1/writer.h"
#include "base/hex.h"
#include "catch.h"
#include "policy/csr_rules.h"
#include "policy/make_csr.h"
#include "policy/make_template.h"

using namespace scep_ra;
using Kind = crypto::GeneralName::Kind;
using test::SubjectPart;

namespace {

using Subject = std::vector<SubjectPart>;

Status judge_subject(const Subject& subject,
                     const policy::Template& chosen = test::device_template()) {
  const auto made = test::make_request({.subject = subject, .extensions = {}, .attributes = {}});
  return policy::judge_csr(made.csr, made.key, chosen);
}

Status judge_names(const std::string& names,
                   const policy::Template& chosen = test::device_template()) {
  const auto made =
      test::make_request({.extensions = {{"subjectAltName", names}}, .attributes = {}});
  return policy::judge_csr(made.csr, made.key, chosen);
}

// OpenSSL's configuration syntax has no comma inside a name.
std::string uri(std::string_view text) {
  return "DER:" + hex_upper(asn1::sequence({asn1::element(asn1::tag::context(6), as_bytes(text))}));
}

policy::Template all_kinds() {
  auto chosen = test::device_template();
  chosen.subject_alternative_names.allowed = {Kind::dns, Kind::ip, Kind::email, Kind::uri,
                                              Kind::upn};
  return chosen;
}

policy::Template dns_pattern(const std::string& expression) {
  auto chosen = test::device_template();
  chosen.subject_alternative_names.pattern.emplace_back(
      Kind::dns, policy::Pattern::compile(expression).value());
  return chosen;
}

policy::Template common_name_pattern(const std::string& expression) {
  auto chosen = test::device_template();
  chosen.subject.pattern.emplace_back(asn1::oid::common_name,
                                      policy::Pattern::compile(expression).value());
  return chosen;
}

Reason reason(const Status& judged) {
  return judged ? Reason::none : judged.error().reason;
}

bool names(const Status& judged, std::string_view text) {
  return !judged && judged.error().detail.contains(text);
}

}  // namespace

TEST_CASE("a request without a subject is refused", "[policy][req:N1]") {
  CHECK(reason(judge_subject({})) == Reason::subject_missing);
}

TEST_CASE("a subject without what the template requires is refused", "[policy][req:N1]") {
  const auto judged = judge_subject({{"O", "Ex"}});
  CHECK(reason(judged) == Reason::subject_missing);
  CHECK(names(judged, "subject CN"));
  CHECK(reason(judge_subject({{"CN", ""}})) == Reason::subject_missing);
  CHECK(judge_subject({{"O", "Ex"}, {"CN", "dev1"}}));
}

TEST_CASE("a subject attribute the template does not list is refused by name", "[policy]") {
  const auto judged = judge_subject({{"CN", "dev1"}, {"DC", "example"}});
  CHECK(reason(judged) == Reason::subject_not_allowed);
  CHECK(names(judged, "subject DC"));
  CHECK(judge_subject({{"C", "CH"}, {"O", "Ex"}, {"OU", "MDM"}, {"CN", "dev1"}}));
}

TEST_CASE("Cisco's RDN of several attributes is judged one by one", "[policy][req:X4]") {
  CHECK(judge_subject({{"CN", "router"},
                       {"serialNumber", "FTX1234"},
                       {"unstructuredName", "router.example.test", true},
                       {"unstructuredAddress", "192.0.2.1", true}}));
  CHECK(names(judge_subject({{"CN", "router"}, {"serialNumber", "FTX"}, {"DC", "x", true}}),
              "subject DC"));
}

TEST_CASE("every value of an attribute must match its pattern", "[policy]") {
  const auto chosen = common_name_pattern("^dev[0-9]+$");
  CHECK(judge_subject({{"CN", "dev1"}}, chosen));
  CHECK(judge_subject({{"CN", "dev1"}, {"CN", "dev2"}}, chosen));
  const auto judged = judge_subject({{"CN", "dev1"}, {"CN", "admin"}}, chosen);
  CHECK(reason(judged) == Reason::subject_not_allowed);
  CHECK(names(judged, "subject CN `admin`"));
}

TEST_CASE("control characters in a subject are refused, other scripts are not",
          "[policy][case:P7]") {
  CHECK(reason(judge_subject({{"CN", "dev\n1"}})) == Reason::subject_not_allowed);
  CHECK(reason(judge_subject({{"CN", "dev\x7f"}})) == Reason::subject_not_allowed);
  CHECK(reason(judge_subject({{"CN", "dev\xc2\x85"}})) == Reason::subject_not_allowed);
  CHECK(names(judge_subject({{"CN", "dev\x1b[0m"}}), "`dev\x1b[0m`"));
  CHECK(judge_subject({{"CN", "Z\xc3\xbcrich <\"%n"}}));
}

TEST_CASE("only the kinds of alternative name the template lists are accepted",
          "[policy][case:A11]") {
  CHECK(judge_names("DNS:a.example.test,IP:2001:db8::1"));
  CHECK(names(judge_names("email:a@example.test"), "subjectAltName email"));
  CHECK(names(judge_names("URI:http://example.test/"), "subjectAltName uri"));
  CHECK(names(judge_names("otherName:1.3.6.1.4.1.311.20.2.3;UTF8:admin@example.test"),
              "subjectAltName upn"));
  CHECK(
      judge_names("email:a@example.test,URI:http://example.test/,"
                  "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:dev@example.test",
                  all_kinds()));
}

TEST_CASE("kinds of alternative name nobody can allow are refused", "[policy][case:A11]") {
  CHECK(reason(judge_names("RID:1.2.3.4", all_kinds())) == Reason::san_not_allowed);
  CHECK(reason(judge_names("otherName:1.2.3.4;UTF8:x", all_kinds())) == Reason::san_not_allowed);
  const std::string directory_name = "DER:3010A40E300C310A300806035504030C0178";
  CHECK(reason(judge_names(directory_name, all_kinds())) == Reason::san_not_allowed);
}

TEST_CASE("a device does not choose its account", "[policy][case:A11][req:N18]") {
  const auto judged =
      judge_names(uri("tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500"), all_kinds());
  CHECK(reason(judged) == Reason::san_not_allowed);
  CHECK(judge_names(uri("tag:example.test,2022-09-14:sid:S-1-5-21-1-2-3-500"), all_kinds()));
}

TEST_CASE("alternative names must match the pattern of their kind", "[policy][case:A11]") {
  const auto chosen = dns_pattern("\\.example\\.test$");
  CHECK(judge_names("DNS:a.example.test,IP:192.0.2.1", chosen));
  const auto judged = judge_names("DNS:a.example.test,DNS:a.evil.test", chosen);
  CHECK(reason(judged) == Reason::san_not_allowed);
  CHECK(names(judged, "subjectAltName dns `a.evil.test`"));
}

TEST_CASE("a host name ends in a label with a letter: an address is none", "[policy][case:A11]") {
  CHECK(reason(judge_names("DNS:192.0.2.1")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:*.1")) == Reason::san_not_allowed);
  CHECK(judge_names("DNS:192.0.2.1a"));
  CHECK(judge_names("DNS:4.example.test"));
}

TEST_CASE("a wildcard needs a pattern that speaks of one", "[policy][case:A11]") {
  CHECK(reason(judge_names("DNS:*.example.test")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:*.example.test", dns_pattern("\\.example\\.test$"))) ==
        Reason::san_not_allowed);
  CHECK(judge_names("DNS:*.example.test", dns_pattern("^(\\*|[a-z]+)\\.example\\.test$")));
}

TEST_CASE("localhost needs a pattern that matches it", "[policy][case:A11]") {
  CHECK(reason(judge_names("DNS:localhost")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:a.LocalHost")) == Reason::san_not_allowed);
  CHECK(judge_names("DNS:localhost", dns_pattern("^localhost$")));
}

TEST_CASE("what is no host name is no dns name", "[policy][case:A11]") {
  CHECK(reason(judge_names("DER:30028200")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:a b")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:a..b")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:a.b.")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:-a.b")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DNS:a/b")) == Reason::san_not_allowed);
  CHECK(judge_names("DNS:a_1-b.example.test"));
}

TEST_CASE("a NUL inside a name does not shorten it", "[policy][case:P7]") {
  // GeneralNames of one dNSName `a.example.test` NUL `.evil.test`
  const std::string name =
      "612E6578616D706C652E74657374"
      "00"
      "2E6576696C2E74657374";
  CHECK(reason(judge_names("DER:301B8219" + name)) == Reason::san_not_allowed);
}

TEST_CASE("alternative names that cannot be read or are none are refused", "[policy][case:A11]") {
  CHECK(reason(judge_names("DER:0500")) == Reason::san_not_allowed);
  CHECK(reason(judge_names("DER:3000")) == Reason::san_not_allowed);
}

TEST_CASE("more alternative names than the template takes are refused", "[policy][case:P4]") {
  auto chosen = test::device_template();
  chosen.subject_alternative_names.maximum = 2;
  CHECK(judge_names("DNS:a.test,DNS:b.test", chosen));
  CHECK(names(judge_names("DNS:a.test,DNS:b.test,DNS:c.test", chosen), "3 names, at most 2"));
}
