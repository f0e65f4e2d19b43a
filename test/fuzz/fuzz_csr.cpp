#include "crypto/csr.h"

#include "policy/csr_rules.h"
#include "support/fixed_ra.h"
#include "support/must.h"
#include "support/oracle.h"

// Octets as a PKCS#10 before policy. The octets judged are the octets kept; names are as OpenSSL
// reads them, over their full length; what policy approves OpenSSL encodes to the same octets.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

// Allows what a template can allow; refuses the rest.
const policy::Template& generous_template() {
  static const policy::Template made = [] {
    policy::Template generous = device_templates().templates.at("Device");
    for (const char* keyword : {"C", "O", "OU", "L", "ST", "serialNumber", "emailAddress", "DC",
                                "UID", "unstructuredName", "title", "GN", "SN"})
      generous.subject.allowed.push_back(asn1::attribute_type(keyword).value());
    using Kind = crypto::GeneralName::Kind;
    generous.subject_alternative_names.allowed = {Kind::dns, Kind::ip, Kind::email, Kind::uri,
                                                  Kind::upn};
    generous.subject_alternative_names.maximum = 64;
    return generous;
  }();
  return made;
}

void judge_names(const crypto::Csr& csr, X509_REQ* request) {
  const X509_NAME* name = X509_REQ_get_subject_name(request);
  must(X509_NAME_entry_count(name) == static_cast<int>(csr.subject_name().size()),
       "as many attributes in the subject");
  for (int at = 0; at < X509_NAME_entry_count(name); ++at) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, at);
    const asn1::NameAttribute& read = csr.subject_name()[static_cast<std::size_t>(at)];
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    const test::Octets owner(utf8);
    ERR_clear_error();
    if (size < 0) continue;  // OpenSSL is stricter with some types
    must(read.value == to_string(Bytes(utf8, static_cast<std::size_t>(size))),
         "a name's value over its full length");
    const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
    must(equal(read.type.content(), Bytes(OBJ_get0_data(type), OBJ_length(type))), "a name's type");
  }
}

void judge_extensions(const crypto::Csr& csr, X509_REQ* request) {
  STACK_OF(X509_EXTENSION)* all = X509_REQ_get_extensions(request);
  ERR_clear_error();
  if (all) {
    must(sk_X509_EXTENSION_num(all) == static_cast<int>(csr.extensions().size()),
         "as many requested extensions");
    for (int at = 0; at < sk_X509_EXTENSION_num(all); ++at) {
      const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(sk_X509_EXTENSION_value(all, at));
      must(equal(csr.extensions()[static_cast<std::size_t>(at)].value,
                 Bytes(value->data, static_cast<std::size_t>(value->length))),
           "an extension's value");
    }
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
  }
}

void judge_approved(const policy::ApprovedRequest& approved, Bytes input) {
  must(equal(approved.csr().der(), input), "the octets judged are the octets kept");
  const test::RequestPtr request(test::object_of<X509_REQ>(input, d2i_X509_REQ, X509_REQ_free));
  // It reads the values that we leave aside, too, and knows more types of them.
  if (!request && !approved.csr().other_attributes().empty()) return;
  must(request != nullptr, "OpenSSL reads what is approved");
  must(test::der_of(request.get(), i2d_X509_REQ) == to_buffer(input),
       "OpenSSL writes the same octets");
  judge_names(approved.csr(), request.get());
  judge_extensions(approved.csr(), request.get());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const auto csr = crypto::Csr::decode(input);
  if (!csr) {
    must(csr.error().reason == Reason::csr_invalid, "a refusal is `csr-invalid`");
    return 0;
  }
  must(equal(csr->der(), input), "the octets read are the octets kept");
  for (const asn1::NameAttribute& attribute : csr->subject_name())
    must(!attribute.value.contains('\0'), "no NUL in a name");
  const auto key = crypto::PublicKey::decode(library(), csr->public_key_info());
  if (!key) return 0;
  // Nobody is approved whose signature cannot be verified.
  if (!csr->signature_algorithm()) return 0;
  static_cast<void>(key->verify(*csr->signature_algorithm(), csr->info(), csr->signature()));
  const auto strict = policy::approve(*csr, *key, device_templates().templates.at("Device"),
                                      policy::Authorisation::open(), "transaction");
  const auto generous = policy::approve(*csr, *key, generous_template(),
                                        policy::Authorisation::open(), "transaction");
  if (strict) must(generous.has_value(), "who allows more refuses no more");
  if (generous) judge_approved(*generous, input);
  return 0;
}
