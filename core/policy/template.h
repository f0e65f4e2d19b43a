#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "asn1/oid.h"
#include "base/clock.h"
#include "crypto/algorithms.h"
#include "crypto/csr.h"
#include "policy/pattern.h"

namespace scep_ra::policy {

// What a template allows in the subject. `allowed` holds attribute types; one that is not in it is
// refused, so is the subject that lacks a required one or breaks a pattern.
struct SubjectRules {
  std::vector<asn1::Oid> required;
  std::vector<asn1::Oid> allowed;
  std::vector<std::pair<asn1::Oid, Pattern>> pattern;
};

struct AlternativeNameRules {
  std::vector<crypto::GeneralName::Kind> allowed;
  std::size_t maximum = 8;
  std::vector<std::pair<crypto::GeneralName::Kind, Pattern>> pattern;
};

// One `[template.NAME]`: what a certificate of this kind is, and what a device may ask for.
struct Template {
  std::string name;
  Seconds validity{};
  Seconds renewal_period{};  // the last part of a certificate's life, in which it renews; 0: never
  std::uint32_t renewals = 3;  // requests that one certificate may authorise
  bool manual_approval = false;
  unsigned minimum_key_size = 2048;  // RSA, bits
  std::vector<crypto::KeyKind> key_algorithms;
  std::uint16_t key_usage = 0;                  // crypto::KeyUsage bits
  std::vector<asn1::Oid> application_policies;  // extended key usages
  SubjectRules subject;
  AlternativeNameRules subject_alternative_names;
};

// NDES's three registry values and the templates they name (ndes-behaviour 8.1).
struct TemplateSet {
  std::string signature, encryption, general_purpose;
  std::map<std::string, Template> templates;

  // By the CSR's keyUsage: digitalSignature alone, keyEncipherment alone, both or none of them.
  // Every name has its template: `settings` refuses a file where one has not.
  [[nodiscard]] const Template& choose(std::optional<std::uint16_t> requested_key_usage) const;
};

}  // namespace scep_ra::policy
