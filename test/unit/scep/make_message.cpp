#include "scep/make_message.h"

#include <openssl/rsa.h>

#include <algorithm>

namespace scep_ra::test {
namespace {

Buffer digest_of(const std::string& name, Bytes octets) {
  Buffer digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  done(EVP_Digest(octets.data(), octets.size(), digest.data(), &size,
                  made(EVP_get_digestbyname(name.c_str())), nullptr));
  digest.resize(size);
  return digest;
}

Buffer signature_of(const MessageWish& wish, Bytes octets) {
  const DigestContextPtr context(made(EVP_MD_CTX_new()));
  EVP_PKEY_CTX* key_context = nullptr;
  const bool has_own_digest = EVP_PKEY_is_a(wish.signer.key, "ED25519") == 1;
  done(EVP_DigestSignInit_ex(context.get(), &key_context,
                             has_own_digest ? nullptr : wish.digest.c_str(), nullptr, nullptr,
                             wish.signer.key, nullptr));
  if (wish.pss) {
    done(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING));
    done(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST));
  }
  std::size_t size = 0;
  done(EVP_DigestSign(context.get(), nullptr, &size, octets.data(), octets.size()));
  Buffer signature(size);
  done(EVP_DigestSign(context.get(), signature.data(), &size, octets.data(), octets.size()));
  signature.resize(size);
  return signature;
}

std::string dotted(int nid) {
  char text[64];
  const int size = OBJ_obj2txt(text, sizeof text, OBJ_nid2obj(nid), 1);
  return {text, static_cast<std::size_t>(size)};
}
std::string digest_oid(const std::string& name) {
  return dotted(EVP_MD_get_type(made(EVP_get_digestbyname(name.c_str()))));
}

Node pss_algorithm(const std::string& digest) {
  const Node hash = algorithm(digest_oid(digest));
  const Node mask = sequence({oid("1.2.840.113549.1.1.8"), hash});
  const long salt = EVP_MD_get_size(EVP_get_digestbyname(digest.c_str()));
  return sequence({oid("1.2.840.113549.1.1.10"),
                   sequence({tagged(0, {hash}), tagged(1, {mask}), tagged(2, {integer(salt)})})});
}
Node usual_signature_algorithm(const MessageWish& wish) {
  if (wish.pss) return pss_algorithm(wish.digest);
  if (EVP_PKEY_is_a(wish.signer.key, "RSA") == 1) return algorithm("1.2.840.113549.1.1.1");
  if (EVP_PKEY_is_a(wish.signer.key, "EC") != 1) return algorithm_without_parameters("1.3.101.112");
  int nid = 0;
  done(OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(EVP_get_digestbyname(wish.digest.c_str())),
                              EVP_PKEY_EC));
  return algorithm_without_parameters(dotted(nid));
}

std::vector<Node> attribute_nodes(const MessageWish& wish,
                                  const std::vector<AttributeWish>& attributes, Bytes content) {
  std::vector<Node> nodes;
  for (const AttributeWish& one : attributes)
    nodes.push_back(sequence({oid(one.type), set(one.values.value_or(std::vector<Node>{
                                                 octets(digest_of(wish.digest, content))}))}));
  if (wish.sorted)
    std::ranges::sort(nodes, [](const Node& a, const Node& b) { return encoded(a) < encoded(b); });
  return nodes;
}

Node signer_info(const MessageWish& wish, Bytes content) {
  const ASN1_OCTET_STRING* known = X509_get0_subject_key_id(wish.signer.certificate);
  const Node usual_identifier =
      wish.by_key_identifier
          ? leaf(0x80, Bytes(known->data, static_cast<std::size_t>(known->length)))
          : issuer_and_serial(wish.signer.certificate);
  std::vector<Node> fields{integer(wish.by_key_identifier ? 3 : 1),
                           wish.signer_identifier.value_or(usual_identifier),
                           wish.digest_algorithm.value_or(algorithm(digest_oid(wish.digest)))};
  Buffer covered = to_buffer(content);
  if (wish.with_attributes) {
    const std::vector<Node> attributes = attribute_nodes(wish, wish.attributes, content);
    covered = encoded(set(attributes));
    fields.push_back(tagged(0, attributes));
  }
  Buffer signature = signature_of(wish, covered);
  if (wish.spoil_signature) wish.spoil_signature(signature);
  fields.push_back(wish.signature_algorithm.value_or(usual_signature_algorithm(wish)));
  fields.push_back(octets(signature));
  if (!wish.unsigned_attributes.empty())
    fields.push_back(tagged(1, attribute_nodes(wish, wish.unsigned_attributes, content)));
  return sequence(fields);
}

}  // namespace

AttributeWish& MessageWish::attribute(const std::string& attribute_type) {
  const auto found = std::ranges::find(attributes, attribute_type, &AttributeWish::type);
  if (found == attributes.end()) throw std::runtime_error("no attribute " + attribute_type);
  return *found;
}
void MessageWish::without(const std::string& attribute_type) {
  std::erase_if(attributes, [&](const AttributeWish& one) { return one.type == attribute_type; });
}

const Buffer& request_in_messages() {
  static const Buffer der = [] {
    const RequestPtr request(made(X509_REQ_new()));
    done(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>("device"), -1, -1, 0));
    done(X509_REQ_set_pubkey(request.get(), device().key));
    done(X509_REQ_add1_attr_by_NID(request.get(), NID_pkcs9_challengePassword,
                                   V_ASN1_PRINTABLESTRING,
                                   reinterpret_cast<const unsigned char*>("A1B2C3D4"), 8));
    done(X509_REQ_sign(request.get(), device().key, EVP_sha256()));
    return der_of(request.get(), i2d_X509_REQ);
  }();
  return der;
}

Buffer nonce_of_messages() {
  return to_buffer(as_bytes("sixteen octets!!"));
}

MessageWish good_message() {
  MessageWish wish;
  wish.envelope.plaintext = request_in_messages();
  wish.attributes = {{attribute::content_type, {{oid(wish.content_type)}}},
                     {attribute::message_digest},
                     {attribute::message_type, {{printable("19")}}},
                     {attribute::transaction_id, {{printable(transaction_of_messages)}}},
                     {attribute::sender_nonce, {{octets(nonce_of_messages())}}}};
  return wish;
}

Buffer make_message(const MessageWish& wish) {
  const Buffer content = wish.content ? *wish.content : make_envelope(wish.envelope);
  std::vector<Node> encapsulated{oid(wish.content_type)};
  if (wish.with_content) encapsulated.push_back(tagged(0, {octets(content)}));
  std::vector<Node> certificates;
  for (const Buffer& der :
       wish.certificates.value_or(std::vector<Buffer>{certificate_of(wish.signer)}))
    certificates.push_back(verbatim(der));
  std::vector<Node> signers;
  for (unsigned signer = 0; signer < wish.signers; ++signer)
    signers.push_back(signer_info(wish, content));
  const std::vector<Node> usual_digests{
      wish.digest_algorithm.value_or(algorithm(digest_oid(wish.digest)))};

  std::vector<Node> fields{integer(1), set(wish.announced.value_or(usual_digests)),
                           sequence(encapsulated)};
  if (!certificates.empty()) fields.push_back(tagged(0, certificates));
  fields.insert(fields.end(), wish.before_signers.begin(), wish.before_signers.end());
  fields.push_back(set(signers));
  Buffer message = encoded(sequence({oid(wish.type), tagged(0, {sequence(fields)})}), wish.form);
  append(message, wish.behind);
  return message;
}

}  // namespace scep_ra::test
