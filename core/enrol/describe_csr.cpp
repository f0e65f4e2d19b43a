#include "enrol/describe_csr.h"

namespace scep_ra::enrol {

std::vector<std::string> alternative_names(const crypto::Csr& csr) {
  std::vector<std::string> texts;
  const crypto::Extension* extension = csr.extension(asn1::oid::subject_alternative_name);
  const auto names = extension ? crypto::read_general_names(extension->value) : std::nullopt;
  for (const auto& name : names.value_or(std::vector<crypto::GeneralName>{}))
    texts.push_back(std::string(crypto::word(name.kind)) + ":" + name.value);
  return texts;
}

void describe(events::EventRecord& record, const crypto::Csr& csr) {
  record.subject = asn1::name_text(csr.subject_name());
  record.sans = alternative_names(csr);
}

}  // namespace scep_ra::enrol
