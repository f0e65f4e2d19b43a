#include "scep/certs_only.h"

#include "asn1/writer.h"
#include "crypto/certificate_writer.h"
#include "scep/signed_data.h"

namespace scep_ra::scep {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

namespace {

// `bag`: certificates or crls.
Buffer write_degenerate(Bytes bag) {
  const Buffer signed_data = asn1::sequence({asn1::integer(1U), asn1::set_of(asn1::Parts{}),
                                             asn1::sequence({asn1::oid_element(oid::data)}), bag,
                                             asn1::set_of(asn1::Parts{})});
  return asn1::sequence({asn1::oid_element(oid::signed_data),
                         asn1::element(tag::context_constructed(0), signed_data)});
}

}  // namespace

Buffer write_certs_only(const std::vector<Bytes>& certificates) {
  Buffer all;
  for (Bytes certificate : certificates) append(all, certificate);
  return write_degenerate(asn1::element(tag::context_constructed(0), all));
}

Buffer write_crl_only(Bytes crl) {
  return write_degenerate(asn1::element(tag::context_constructed(1), crl));
}

Result<std::vector<crypto::Certificate>> read_certs_only(Bytes ber) {
  auto data = read_signed_data(ber);
  if (!data) return std::unexpected(std::move(data).error());
  if (data->signers != 0 || data->certificates.empty())
    return fail(Errc::malformed, Reason::message_unreadable, "not a list of certificates");
  return std::move(data->certificates);
}

Result<Buffer> write_next_ca_certificates(const crypto::Library& library,
                                          const std::vector<Bytes>& certificates,
                                          const crypto::Certificate& current_ca,
                                          const crypto::PrivateKey& current_key) {
  const SignedDataContent content{.content = write_certs_only(certificates),
                                  .attributes = {},
                                  .certificates = {current_ca.der()}};
  return write_signed_data(library, content, current_ca, current_key,
                           crypto::usual_digest(current_key.public_key()));
}

}  // namespace scep_ra::scep
