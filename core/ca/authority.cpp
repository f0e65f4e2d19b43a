#include "ca/authority.h"

#include <string_view>

#include "asn1/reader.h"
#include "base/hex.h"
#include "crypto/certificate_writer.h"

namespace scep_ra::ca {

namespace oid = asn1::oid;

bool is_ca(const crypto::Certificate& certificate) {
  const crypto::Extension* constraints = certificate.extension(oid::basic_constraints);
  if (!constraints) return false;
  asn1::Fault fault;
  asn1::Reader reader(constraints->value, fault);
  asn1::Reader fields = reader.enter(asn1::tag::sequence);
  const bool ca = fields.next_is(asn1::tag::boolean) && fields.boolean();
  const auto usage = certificate.key_usage();
  return ca && !fault && (!usage || (*usage & crypto::key_cert_sign));
}

Buffer authority_identifier(const crypto::Library& library, const crypto::Certificate& ca) {
  if (const auto identifier = ca.subject_key_identifier()) return to_buffer(*identifier);
  return crypto::key_identifier(library, ca.public_key_info());
}

std::string for_key(std::string text, const crypto::Library& library,
                    const crypto::Certificate& ca) {
  constexpr std::string_view placeholder = "{key}";
  const std::string identifier = hex_lower(authority_identifier(library, ca));
  for (auto at = text.find(placeholder); at != text.npos; at = text.find(placeholder, at))
    text.replace(at, placeholder.size(), identifier);
  return text;
}

Buffer authority_id(const crypto::Library& library, const crypto::Certificate& ca) {
  return library->digest(crypto::Digest::sha256, ca.public_key_info());
}

}  // namespace scep_ra::ca
