#include "policy/template_from_settings.h"

#include <array>
#include <string_view>
#include <utility>

#include "asn1/name.h"

namespace scep_ra::policy {
namespace {

namespace oid = asn1::oid;
using crypto::GeneralName;

template <class Value, std::size_t count>
using Words = std::array<std::pair<std::string_view, Value>, count>;

constexpr Words<crypto::KeyKind, 2> key_kinds{
    {{"rsa", crypto::KeyKind::rsa}, {"ec", crypto::KeyKind::ec}}};

constexpr Words<std::uint16_t, 5> key_usages{{{"digitalSignature", crypto::digital_signature},
                                              {"nonRepudiation", crypto::non_repudiation},
                                              {"keyEncipherment", crypto::key_encipherment},
                                              {"dataEncipherment", crypto::data_encipherment},
                                              {"keyAgreement", crypto::key_agreement}}};

constexpr Words<const asn1::Oid*, 6> policies{{{"clientAuth", &oid::client_auth},
                                               {"serverAuth", &oid::server_auth},
                                               {"codeSigning", &oid::code_signing},
                                               {"emailProtection", &oid::email_protection},
                                               {"ipsecIntermediate", &oid::ipsec_intermediate},
                                               {"ipsecIKE", &oid::ipsec_ike}}};

constexpr Words<GeneralName::Kind, 5> name_kinds{{{"dns", GeneralName::Kind::dns},
                                                  {"ip", GeneralName::Kind::ip},
                                                  {"email", GeneralName::Kind::email},
                                                  {"uri", GeneralName::Kind::uri},
                                                  {"upn", GeneralName::Kind::upn}}};

template <class Value, std::size_t count>
std::optional<Value> meaning(const Words<Value, count>& words, std::string_view text) {
  for (const auto& [word, value] : words)
    if (word == text) return value;
  return std::nullopt;
}

std::optional<asn1::Oid> policy_of(std::string_view text) {
  if (const auto known = meaning(policies, text)) return **known;
  return asn1::Oid::from_dotted(text);
}

std::optional<GeneralName::Kind> name_kind_of(std::string_view text) {
  return meaning(name_kinds, text);
}
std::optional<crypto::KeyKind> key_kind_of(std::string_view text) {
  return meaning(key_kinds, text);
}
std::optional<std::uint16_t> key_usage_of(std::string_view text) {
  return meaning(key_usages, text);
}

// Reads the words of one template; the first that has no meaning is kept as the fault.
class Reading {
 public:
  template <class Value>
  std::vector<Value> list(const char* key, const settings::Words& words,
                          std::optional<Value> (*meaning_of)(std::string_view)) {
    std::vector<Value> values;
    for (const std::string& text : words) {
      if (const auto value = meaning_of(text))
        values.push_back(*value);
      else
        set_fault(key, "'" + text + "' has no meaning here");
    }
    return values;
  }

  template <class Value>
  std::vector<std::pair<Value, Pattern>> patterns(
      const char* key, const settings::Patterns& written,
      std::optional<Value> (*meaning_of)(std::string_view)) {
    std::vector<std::pair<Value, Pattern>> values;
    for (const auto& [keyword, expression] : written) {
      const auto value = meaning_of(keyword);
      auto pattern = Pattern::compile(expression);
      if (!value)
        set_fault(std::string(key) + "." + keyword, "'" + keyword + "' has no meaning here");
      else if (!pattern)
        set_fault(std::string(key) + "." + keyword, pattern.error().detail);
      else
        values.emplace_back(*value, *std::move(pattern));
    }
    return values;
  }

  [[nodiscard]] const std::optional<TemplateFault>& fault() const { return fault_; }

 private:
  void set_fault(std::string key, std::string reason) {
    if (!fault_) fault_ = TemplateFault{std::move(key), std::move(reason)};
  }
  std::optional<TemplateFault> fault_;
};

}  // namespace

std::expected<Template, TemplateFault> template_from_settings(
    const settings::TemplateSettings& written) {
  Reading read;
  Template made;
  made.name = written.name;
  made.validity = written.validity;
  made.renewal_period = written.renewal_period;
  made.renewals = written.renewals;
  made.manual_approval = written.approval == "manual";
  made.minimum_key_size = written.minimum_key_size;
  made.key_algorithms = read.list("key_algorithms", written.key_algorithms, key_kind_of);
  for (const std::uint16_t bit : read.list("key_usage", written.key_usage, key_usage_of))
    made.key_usage = static_cast<std::uint16_t>(made.key_usage | bit);
  made.application_policies =
      read.list("application_policies", written.application_policies, policy_of);
  made.subject.required =
      read.list("subject.required", written.subject_required, asn1::attribute_type);
  made.subject.allowed =
      read.list("subject.allowed", written.subject_allowed, asn1::attribute_type);
  made.subject.pattern =
      read.patterns("subject.pattern", written.subject_pattern, asn1::attribute_type);
  made.subject_alternative_names.allowed = read.list(
      "subject_alternative_names.allowed", written.alternative_names_allowed, name_kind_of);
  made.subject_alternative_names.maximum = written.alternative_names_maximum;
  made.subject_alternative_names.pattern = read.patterns(
      "subject_alternative_names.pattern", written.alternative_names_pattern, name_kind_of);
  if (read.fault()) return std::unexpected(*read.fault());
  return made;
}

}  // namespace scep_ra::policy
