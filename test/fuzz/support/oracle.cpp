#include "support/oracle.h"

#include <algorithm>

#include "scep/make_message.h"
#include "support/openssl_walk.h"

namespace scep_ra::fuzz {
namespace {

namespace attribute = test::attribute;
using ExtensionsPtr =
    std::unique_ptr<STACK_OF(X509_EXTENSION), void (*)(STACK_OF(X509_EXTENSION)*)>;

std::string text_of(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, string);
  const test::Octets owner(utf8);
  ERR_clear_error();
  return size < 0 ? "(none)" : std::string(reinterpret_cast<char*>(utf8), std::size_t(size));
}

std::string password_in(X509_REQ* request) {
  const int at = X509_REQ_get_attr_by_NID(request, NID_pkcs9_challengePassword, -1);
  if (at < 0) return "(none)";
  const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(request, at), 0);
  const bool string = value && value->type != V_ASN1_BOOLEAN && value->type != V_ASN1_NULL &&
                      value->type != V_ASN1_OBJECT && value->type != V_ASN1_SEQUENCE;
  return string ? text_of(value->value.asn1_string) : "(none)";
}

bool only_common_names(const X509_NAME* name) {
  for (int at = 0; at < X509_NAME_entry_count(name); ++at)
    if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, at))) != NID_commonName)
      return false;
  return true;
}

bool only_dns_names(X509_EXTENSION* extension) {
  auto* names = static_cast<GENERAL_NAMES*>(X509V3_EXT_d2i(extension));
  bool good = names != nullptr;
  for (int at = 0; good && at < sk_GENERAL_NAME_num(names); ++at)
    good = sk_GENERAL_NAME_value(names, at)->type == GEN_DNS;
  GENERAL_NAMES_free(names);
  return good;
}

bool is_no_ca(X509_EXTENSION* extension) {
  auto* constraints = static_cast<BASIC_CONSTRAINTS*>(X509V3_EXT_d2i(extension));
  const bool good = constraints && !constraints->ca;
  BASIC_CONSTRAINTS_free(constraints);
  return good;
}

bool is_client_only(X509_EXTENSION* extension) {
  auto* usages = static_cast<EXTENDED_KEY_USAGE*>(X509V3_EXT_d2i(extension));
  bool good = usages != nullptr;
  for (int at = 0; good && at < sk_ASN1_OBJECT_num(usages); ++at)
    good = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, at)) == NID_client_auth;
  EXTENDED_KEY_USAGE_free(usages);
  return good;
}

bool is_device_usage(X509_EXTENSION* extension) {
  auto* usage = static_cast<ASN1_BIT_STRING*>(X509V3_EXT_d2i(extension));
  bool good = usage != nullptr;
  for (int bit = 0; good && bit < 16; ++bit)
    good = bit == 0 || bit == 2 || ASN1_BIT_STRING_get_bit(usage, bit) == 0;
  ASN1_BIT_STRING_free(usage);
  return good;
}

bool fits(X509_EXTENSION* extension) {
  switch (OBJ_obj2nid(X509_EXTENSION_get_object(extension))) {
    case NID_subject_alt_name:
      return only_dns_names(extension);
    case NID_key_usage:
      return is_device_usage(extension);
    case NID_ext_key_usage:
      return is_client_only(extension);
    case NID_basic_constraints:
      return is_no_ca(extension);
    case NID_subject_key_identifier:
    case NID_authority_key_identifier:
      return true;
    default:
      return false;
  }
}

bool only_fitting_extensions(X509_REQ* request) {
  const ExtensionsPtr extensions(
      X509_REQ_get_extensions(request),
      [](STACK_OF(X509_EXTENSION) * all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); });
  bool good = true;
  for (int at = 0; at < sk_X509_EXTENSION_num(extensions.get()); ++at)
    good = good && fits(sk_X509_EXTENSION_value(extensions.get(), at));
  ERR_clear_error();
  return good;
}

bool is_pkcs_req(CMS_SignerInfo* signer) {
  const ASN1_TYPE* value = test::signed_attribute(signer, attribute::message_type);
  if (!value) return false;
  if (value->type == V_ASN1_INTEGER) return ASN1_INTEGER_get(value->value.integer) == 19;
  std::string text = test::shown_attribute(signer, attribute::message_type);
  std::erase(text, ' ');
  return text.ends_with(":19");
}

std::vector<test::CertificatePtr> certificates_in(Bytes certs_only) {
  std::vector<test::CertificatePtr> found;
  const test::CmsPtr cms = test::openssl_cms(certs_only);
  if (!cms) return found;
  STACK_OF(X509)* bag = CMS_get1_certs(cms.get());
  while (sk_X509_num(bag) > 0) found.emplace_back(sk_X509_shift(bag));
  sk_X509_free(bag);
  return found;
}

}  // namespace

Buffer with_known_surroundings(Bytes message) {
  auto walked = openssl_walk(message);
  if (!walked || walked->node.children.size() != 2 || walked->node.children[1].children.size() != 1)
    return {};
  std::vector<test::Node>& fields = walked->node.children[1].children[0].children;
  if (fields.size() < 4 || fields.back().children.size() != 1) return {};
  std::vector<test::Node>& signer = fields.back().children[0].children;
  if (signer.size() < 5) return {};
  fields[0] = signer[0] = test::integer(1);
  signer[1] = test::issuer_and_serial(ra_signing().party.certificate);
  const auto is_unsigned = [](const test::Node& node) { return node.tag == 0xa1; };
  std::erase_if(signer, is_unsigned);
  std::erase_if(fields, is_unsigned);
  const auto bag = std::ranges::find(fields, 0xa0, &test::Node::tag);
  if (bag == fields.end()) return test::encoded(walked->node);
  bag->children.clear();
  for (const FixedParty* party : {&device(), &ec_device(), &ra_signing()})
    bag->children.push_back(test::verbatim(party->certificate.der()));
  return test::encoded(walked->node);
}

std::optional<Buffer> content_signed_by(CMS_ContentInfo* cms, const FixedParty& signer) {
  CMS_SignerInfo* only = test::only_signer(cms);
  if (!only) return std::nullopt;
  CMS_SignerInfo_set1_signer_cert(only, signer.party.certificate);
  return test::signed_content(cms);
}

test::RequestPtr verified_request(Bytes der) {
  test::RequestPtr request(test::object_of<X509_REQ>(der, d2i_X509_REQ, X509_REQ_free));
  EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  const bool good = key && X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!good) return nullptr;
  return request;
}

bool fits_device_template(X509_REQ* request, const std::string& password) {
  EVP_PKEY* key = X509_REQ_get0_pubkey(request);
  const bool long_enough = EVP_PKEY_is_a(key, "RSA") == 0 || EVP_PKEY_get_bits(key) >= 2048;
  return long_enough && password_in(request) == password &&
         only_common_names(X509_REQ_get_subject_name(request)) && only_fitting_extensions(request);
}

std::optional<Buffer> authorised_csr(Bytes message, const std::string& password) {
  const test::CmsPtr cms = test::openssl_cms(with_known_surroundings(message));
  if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return std::nullopt;
  auto content = content_signed_by(cms.get(), device());
  if (!content) content = content_signed_by(cms.get(), ec_device());
  CMS_SignerInfo* signer = test::only_signer(cms.get());
  if (!content || !signer || !is_pkcs_req(signer) ||
      !test::signed_attribute(signer, attribute::transaction_id))
    return std::nullopt;
  auto csr = test::opened(*content, ra_encryption().party);
  if (!csr) return std::nullopt;
  const test::RequestPtr request = verified_request(*csr);
  if (!request || !fits_device_template(request.get(), password)) return std::nullopt;
  return csr;
}

std::optional<JudgedReply> judged_reply(Bytes reply, const Party& opener,
                                        const std::string& password) {
  const test::CmsPtr cms = test::openssl_cms(with_known_surroundings(reply));
  if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return std::nullopt;
  const auto content = content_signed_by(cms.get(), ra_signing());
  CMS_SignerInfo* signer = test::only_signer(cms.get());
  if (!content || !signer) return std::nullopt;
  const auto value = [&](const std::string& type) {
    const std::string shown = test::shown_attribute(signer, type);
    return shown.substr(shown.find(':') + 1);
  };
  JudgedReply judged{value(attribute::pki_status),
                     value(attribute::fail_info),
                     value(attribute::transaction_id),
                     {}};
  if (judged.status != "0") return judged;
  auto plain = test::opened(*content, opener);
  if (!plain) plain = test::opened_by_password(*content, password);
  if (!plain) return std::nullopt;
  judged.certificates = certificates_in(*plain);
  return judged;
}

}  // namespace scep_ra::fuzz
