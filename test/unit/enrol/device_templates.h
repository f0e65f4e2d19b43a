#pragma once

#include "policy/template.h"

namespace scep_ra::test {

// One template, "Device", for all usages: CN, any DNS name, digitalSignature and keyEncipherment,
// clientAuth.
inline policy::TemplateSet device_templates() {
  policy::Template made;
  made.name = "Device";
  made.validity = Seconds{3600};
  made.key_algorithms = {crypto::KeyKind::rsa, crypto::KeyKind::ec};
  made.key_usage = crypto::digital_signature | crypto::key_encipherment;
  made.application_policies = {asn1::oid::client_auth};
  made.subject.allowed = {asn1::oid::common_name};
  made.subject_alternative_names.allowed = {crypto::GeneralName::Kind::dns};
  return {"Device", "Device", "Device", {{"Device", made}}};
}

}  // namespace scep_ra::test
