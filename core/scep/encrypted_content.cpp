#include "scep/encrypted_content.h"

#include <utility>

#include "asn1/writer.h"
#include "crypto/content_cipher.h"

namespace scep_ra::scep {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

// scep-requirements E16. The old ciphers are thirty times as slow: at this size they cost 2 ms
// (threats-and-tests section 2: 5 ms a refused message), and a CSR is still a tenth of it.
constexpr std::size_t maximum_ciphertext = std::size_t{256} * 1024;
constexpr std::size_t maximum_ciphertext_of_des = std::size_t{64} * 1024;

// [0] IMPLICIT OCTET STRING, whole or in pieces.
Buffer read_ciphertext(asn1::Reader& content_info) {
  Buffer ciphertext;
  if (const auto whole = content_info.optional(tag::context(0))) return to_buffer(whole->content);
  asn1::Reader pieces = content_info.enter(tag::context_constructed(0));
  while (!pieces.at_end()) append(ciphertext, pieces.octets());
  return ciphertext;
}

}  // namespace

EncryptedContent read_encrypted_content(asn1::Reader content_info) {
  EncryptedContent content;
  content_info.oid();
  asn1::Reader algorithm = content_info.enter(tag::sequence);
  content.cipher = algorithm.oid();
  if (algorithm.next_is(tag::octet_string)) content.iv = algorithm.octets();
  if (!algorithm.at_end()) content.iv.reset();
  content.ciphertext = read_ciphertext(content_info);
  content_info.end();
  return content;
}

Result<crypto::Cipher> check_encrypted_content(const EncryptedContent& content,
                                               const AlgorithmPolicy& policy) {
  const auto cipher = crypto::cipher_of(content.cipher);
  if (!cipher || !policy.allows(*cipher))
    return envelope_not_allowed("cipher " + content.cipher.dotted());
  const std::size_t block = crypto::block_size(*cipher);
  if (!content.iv || content.iv->size() != block)
    return envelope_not_allowed("an IV of another size");
  if (content.ciphertext.empty() || content.ciphertext.size() % block != 0)
    return envelope_unreadable("ciphertext that is not whole blocks");
  if (content.ciphertext.size() > (block == 8 ? maximum_ciphertext_of_des : maximum_ciphertext))
    return envelope_unreadable("too much ciphertext");
  return *cipher;
}

Buffer write_enveloped_data(std::uint32_t version, Bytes recipient_info, crypto::Cipher cipher,
                            Bytes iv, Bytes ciphertext) {
  const Buffer algorithm =
      asn1::sequence({asn1::oid_element(crypto::oid_of(cipher)), asn1::octets(iv)});
  const Buffer content = asn1::sequence(
      {asn1::oid_element(oid::data), algorithm, asn1::element(tag::context(0), ciphertext)});
  const Buffer enveloped =
      asn1::sequence({asn1::integer(version), asn1::set_of({recipient_info}), content});
  return asn1::sequence({asn1::oid_element(oid::enveloped_data),
                         asn1::element(tag::context_constructed(0), enveloped)});
}

std::unexpected<Error> envelope_unreadable(const char* what) {
  return fail(Errc::bad_message_check, Reason::envelope_unreadable, what);
}
std::unexpected<Error> envelope_not_allowed(std::string what) {
  return fail(Errc::bad_alg, Reason::algorithm_not_allowed, std::move(what));
}

}  // namespace scep_ra::scep
