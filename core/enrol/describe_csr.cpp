#include "enrol/describe_csr.h"

namespace scep_ra::enrol {

void describe(events::EventRecord& record, const crypto::Csr& csr) {
  record.subject = asn1::name_text(csr.subject_name());
  const crypto::Extension* names = csr.extension(asn1::oid::subject_alternative_name);
  if (!names) return;
  for (const crypto::GeneralName& name :
       crypto::read_general_names(names->value).value_or(std::vector<crypto::GeneralName>{}))
    record.sans.push_back(std::string(crypto::word(name.kind)) + ":" + name.value);
}

}  // namespace scep_ra::enrol
