#pragma once

#include "policy/template.h"

namespace scep_ra::test {

// interfaces.md section 4: the template of the example, without patterns.
inline policy::Template device_template() {
  namespace oid = asn1::oid;
  policy::Template made;
  made.name = "NDES-Device-Certificate";
  made.validity = Seconds{365 * 86400};
  made.key_algorithms = {crypto::KeyKind::rsa, crypto::KeyKind::ec};
  made.key_usage = crypto::digital_signature | crypto::key_encipherment;
  made.application_policies = {oid::client_auth, oid::server_auth};
  made.subject.required = {oid::common_name};
  made.subject.allowed = {
      oid::country,       oid::organization,      oid::organizational_unit, oid::common_name,
      oid::serial_number, oid::unstructured_name, oid::unstructured_address};
  made.subject_alternative_names.allowed = {crypto::GeneralName::Kind::dns,
                                            crypto::GeneralName::Kind::ip};
  return made;
}

}  // namespace scep_ra::test
