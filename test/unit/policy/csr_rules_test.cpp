#include "policy/csr_rules.h"

#include "catch.h"
#include "policy/make_csr.h"
#include "policy/make_template.h"

using namespace scep_ra;
using test::RequestedExtension;
using test::RequestKey;
using test::Wish;

namespace {

Status judge(const Wish& wish, const policy::Template& chosen = test::device_template()) {
  const auto made = test::make_request(wish);
  return policy::judge_csr(made.csr, made.key, chosen);
}

Status judge_extension(const std::string& name, const std::string& value,
                       const policy::Template& chosen = test::device_template()) {
  return judge({.extensions = {{name, value}}, .attributes = {}}, chosen);
}

Reason reason(const Status& judged) {
  return judged ? Reason::none : judged.error().reason;
}

std::string detail(const Status& judged) {
  return judged ? "" : judged.error().detail;
}

bool names(const Status& judged, std::string_view field) {
  return detail(judged).contains(field);
}

}  // namespace

TEST_CASE("a request that asks for what the template offers is accepted", "[policy][req:N18]") {
  CHECK(judge({.extensions = {{"subjectAltName", "DNS:a.example.test,IP:192.0.2.1"},
                              {"keyUsage", "critical,digitalSignature,keyEncipherment"},
                              {"extendedKeyUsage", "clientAuth,serverAuth"}},
               .attributes = {}}));
}

TEST_CASE("an RSA key below the template's size is refused as badAlg", "[policy][req:N19]") {
  const auto judged = judge({.key = RequestKey::rsa_1024, .extensions = {}, .attributes = {}});
  REQUIRE(reason(judged) == Reason::key_too_short);
  CHECK(judged.error().code == Errc::bad_alg);
  CHECK(names(judged, "RSA of 1024 bits, at least 2048"));
}

TEST_CASE("an RSA key of exactly the template's size is accepted", "[policy][req:N19]") {
  auto chosen = test::device_template();
  chosen.minimum_key_size = 3072;
  CHECK(reason(judge({}, chosen)) == Reason::key_too_short);
  CHECK(judge({.key = RequestKey::rsa_3072, .extensions = {}, .attributes = {}}, chosen));
}

TEST_CASE("an EC key is accepted only where the template names EC", "[policy][req:N19]") {
  const Wish wish{.key = RequestKey::p256, .extensions = {}, .attributes = {}};
  auto rsa_only = test::device_template();
  rsa_only.key_algorithms = {crypto::KeyKind::rsa};
  CHECK(judge(wish));
  CHECK(reason(judge(wish, rsa_only)) == Reason::key_not_allowed);
  CHECK(judge(wish, rsa_only).error().code == Errc::bad_alg);
}

TEST_CASE("an EC key is certified for no enciphering", "[policy][req:N19]") {
  const Wish wish{.key = RequestKey::p256, .extensions = {}, .attributes = {}};
  auto encipher_only = test::device_template();
  encipher_only.key_usage = crypto::key_encipherment | crypto::data_encipherment;
  CHECK(reason(judge(wish, encipher_only)) == Reason::key_usage_not_allowed);
  CHECK(judge({.key = RequestKey::rsa_3072, .extensions = {}, .attributes = {}}, encipher_only));
  auto both = encipher_only;
  both.key_usage |= crypto::digital_signature;
  CHECK(judge(wish, both));
}

TEST_CASE("key usages beyond the template's are refused by name", "[policy][case:A10]") {
  const auto judged = judge_extension("keyUsage", "digitalSignature,keyCertSign");
  CHECK(reason(judged) == Reason::key_usage_not_allowed);
  CHECK(names(judged, "keyUsage"));
  CHECK(names(judged, "keyCertSign"));
  CHECK_FALSE(names(judged, "digitalSignature"));
  CHECK(judge_extension("keyUsage", "digitalSignature"));
}

TEST_CASE("key usages that cannot be read are refused", "[policy][case:A10]") {
  CHECK(reason(judge_extension("2.5.29.15", "DER:0500")) == Reason::key_usage_not_allowed);
  CHECK(reason(judge_extension("2.5.29.37", "DER:0500")) == Reason::key_usage_not_allowed);
}

TEST_CASE("application policies beyond the template's are refused", "[policy][case:A10]") {
  const auto agent = judge_extension("extendedKeyUsage", "clientAuth,1.3.6.1.4.1.311.20.2.1");
  CHECK(reason(agent) == Reason::key_usage_not_allowed);
  CHECK(names(agent, "1.3.6.1.4.1.311.20.2.1"));
  CHECK(reason(judge_extension("extendedKeyUsage", "anyExtendedKeyUsage")) ==
        Reason::key_usage_not_allowed);
  CHECK(reason(judge_extension("extendedKeyUsage", "1.3.6.1.4.1.311.20.2.2")) ==
        Reason::key_usage_not_allowed);
  CHECK(reason(judge_extension("extendedKeyUsage", "1.3.6.1.5.2.3.5")) ==
        Reason::key_usage_not_allowed);
  CHECK(judge_extension("extendedKeyUsage", "clientAuth"));
}

TEST_CASE("a device does not become a CA", "[policy][case:A10][req:N18]") {
  CHECK(reason(judge_extension("basicConstraints", "critical,CA:TRUE")) ==
        Reason::extension_not_allowed);
  CHECK(reason(judge_extension("2.5.29.19", "DER:0500")) == Reason::extension_not_allowed);
  CHECK(judge_extension("basicConstraints", "critical,CA:FALSE"));
}

TEST_CASE("extensions that a CA decides on are refused by number", "[policy][case:A10][req:N18]") {
  const auto sid = judge_extension("1.3.6.1.4.1.311.25.2", "DER:0500");
  CHECK(reason(sid) == Reason::extension_not_allowed);
  CHECK(names(sid, "1.3.6.1.4.1.311.25.2"));
  CHECK(reason(judge_extension("1.3.6.1.4.1.311.21.10", "DER:3000")) ==
        Reason::extension_not_allowed);
  CHECK(reason(judge_extension("1.3.6.1.4.1.311.20.2", "DER:1E00")) ==
        Reason::extension_not_allowed);
  CHECK(reason(judge_extension("1.3.6.1.4.1.311.21.7", "DER:3000")) ==
        Reason::extension_not_allowed);
  CHECK(reason(judge_extension("2.5.29.30", "critical,DER:3000")) == Reason::extension_not_allowed);
  CHECK(reason(judge_extension("2.5.29.33", "critical,DER:3000")) == Reason::extension_not_allowed);
}

TEST_CASE("unknown extensions are refused, critical or not", "[policy][case:A10]") {
  CHECK(reason(judge_extension("1.2.3.4", "critical,DER:0500")) == Reason::extension_not_allowed);
  CHECK(reason(judge_extension("1.2.3.4", "DER:0500")) == Reason::extension_not_allowed);
}

TEST_CASE("key identifiers that Windows and certmonger ask for do no harm", "[policy][case:A10]") {
  CHECK(judge({.extensions = {{"2.5.29.35", "critical,DER:30068004DEADBEEF"},
                              {"subjectKeyIdentifier", "hash"}},
               .attributes = {}}));
}

TEST_CASE("attributes that clients always send do no harm", "[policy][case:A11]") {
  CHECK(judge(
      {.extensions = {},
       .attributes = {"1.3.6.1.4.1.311.13.2.3", "1.3.6.1.4.1.311.21.20", "1.3.6.1.4.1.311.13.2.2",
                      "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.2"}}));
}

TEST_CASE("attributes that would steer a CA are refused", "[policy][case:A11]") {
  const auto judged = judge({.extensions = {}, .attributes = {"1.3.6.1.4.1.311.13.2.1"}});
  CHECK(reason(judged) == Reason::attribute_not_allowed);
  CHECK(names(judged, "1.3.6.1.4.1.311.13.2.1"));
}
