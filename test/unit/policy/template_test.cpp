#include "policy/template.h"

#include "catch.h"
#include "crypto/certificate.h"

using namespace scep_ra;

namespace {

policy::TemplateSet three_templates() {
  policy::TemplateSet set{
      .signature = "S", .encryption = "E", .general_purpose = "G", .templates = {}};
  for (const auto* name : {"S", "E", "G"}) set.templates[name].name = name;
  return set;
}

}  // namespace

TEST_CASE("a request that only signs gets the signature template", "[policy]") {
  const auto set = three_templates();
  CHECK(set.choose(crypto::digital_signature).name == "S");
  CHECK(set.choose(crypto::digital_signature | crypto::non_repudiation).name == "S");
}

TEST_CASE("a request that only encrypts gets the encryption template", "[policy]") {
  CHECK(three_templates().choose(crypto::key_encipherment).name == "E");
}

TEST_CASE("a request for both usages or for none gets the general purpose template", "[policy]") {
  const auto set = three_templates();
  CHECK(set.choose(crypto::digital_signature | crypto::key_encipherment).name == "G");
  CHECK(set.choose(std::nullopt).name == "G");
  CHECK(set.choose(crypto::key_agreement).name == "G");
}
