#include "asn1/writer.h"
#include "scep/encrypted_content.h"
#include "scep/enveloped_data.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

// The same digest for the label and MGF1; SHA-1 is the default that DER leaves out (RFC 4055, 4.1).
Buffer key_transport_algorithm(crypto::KeyTransport transport) {
  switch (transport) {
    case crypto::KeyTransport::pkcs1:
      return asn1::algorithm(oid::rsa_encryption);
    case crypto::KeyTransport::oaep_sha1:
      return asn1::sequence({asn1::oid_element(oid::rsaes_oaep), asn1::sequence({})});
    case crypto::KeyTransport::oaep_sha256: {
      const Buffer sha256 = asn1::algorithm(oid::sha256);
      const Buffer mgf1 = asn1::sequence({asn1::oid_element(oid::mgf1), sha256});
      return asn1::sequence({asn1::oid_element(oid::rsaes_oaep),
                             asn1::sequence({asn1::element(tag::context_constructed(0), sha256),
                                             asn1::element(tag::context_constructed(1), mgf1)})});
    }
  }
  return {};
}

}  // namespace

Result<Buffer> write_enveloped_data(const crypto::Library& library, Bytes plaintext,
                                    const EnvelopeAlgorithms& algorithms,
                                    const crypto::Certificate& recipient,
                                    const crypto::PublicKey& recipient_key) {
  const Secret key(library->random().bytes(crypto::key_size(algorithms.cipher)));
  const Buffer iv = library->random().bytes(crypto::block_size(algorithms.cipher));
  auto encrypted_key = recipient_key.encrypt(algorithms.key_transport, key);
  if (!encrypted_key) return std::unexpected(std::move(encrypted_key).error());
  auto ciphertext = crypto::encrypt_content(library, algorithms.cipher, key, iv, plaintext);
  if (!ciphertext) return std::unexpected(std::move(ciphertext).error());

  const Buffer name =
      asn1::sequence({recipient.issuer(), asn1::element(tag::integer, recipient.serial())});
  const Buffer recipient_info =
      asn1::sequence({asn1::integer(0U), name, key_transport_algorithm(algorithms.key_transport),
                      asn1::octets(*encrypted_key)});
  return write_enveloped_data(0, recipient_info, algorithms.cipher, iv, *ciphertext);
}

}  // namespace scep_ra::scep
