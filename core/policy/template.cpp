#include "policy/template.h"

#include <cassert>

#include "crypto/certificate.h"

namespace scep_ra::policy {

const Template& TemplateSet::choose(std::optional<std::uint16_t> requested_key_usage) const {
  const unsigned usage = requested_key_usage.value_or(0);
  const bool signs = (usage & crypto::digital_signature) != 0;
  const bool encrypts = (usage & crypto::key_encipherment) != 0;
  const auto& name = signs == encrypts ? general_purpose : signs ? signature : encryption;
  const auto found = templates.find(name);
  assert(found != templates.end());
  return found->second;
}

}  // namespace scep_ra::policy
