#include "scep/make_message.h"
#include "scep/pki_message.h"
#include "support/must.h"
#include "support/openssl_walk.h"
#include "support/sealing.h"

// Attributes and certificates of the input's own, signed by the target: SEQUENCE { OCTET STRING
// options, [0] signed attributes, [1] certificates, OCTET STRING content }. What is read is what
// was signed, in its order; nothing stands twice; what is accepted OpenSSL verifies too.
SCEP_RA_FUZZ_TREES

namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;
namespace oid = asn1::oid;

struct Input {
  Buffer options;
  Signing signing;
};

std::optional<Input> input_of(Bytes octets) {
  const auto root = tree_of(octets);
  if (!root || root->children.size() != 4) return std::nullopt;
  Input input;
  input.options = octets_of(root->children[0]);
  input.options.resize(8);
  Signing& signing = input.signing;
  signing.attributes = root->children[1].children;
  for (const Tree& one : root->children[2].children) signing.bag.push_back(octets_of(one));
  const Tree& content = root->children[3];
  signing.content = content.leaf ? content.content : octets_of(content.children[0]);
  constexpr const char* digests[] = {"SHA256", "SHA1", "SHA512", "MD5"};
  signing.signer = input.options[2] & 1 ? &device() : &ec_device();
  signing.digest =
      digests[signing.signer == &device() ? input.options[3] % 4 : input.options[3] % 3];
  signing.form = input.options[4] & 1 ? test::Form::streaming : test::Form::der;
  signing.signers = input.options[5] == 2 ? 2 : 1;
  return input;
}

// The signed attributes as OpenSSL's header reader finds them: the [0] of the SignerInfo.
std::vector<test::Node> attributes_signed(Bytes message) {
  const auto walked = openssl_walk(message);
  must(walked.has_value(), "OpenSSL reads what was accepted");
  const test::Node& signed_data = walked->node.children.at(1).children.at(0);
  const test::Node& signer = signed_data.children.back().children.at(0);
  return signer.children.at(3).children;
}

void judge_attributes(const scep::SignedData& data, Bytes message) {
  const auto expected = attributes_signed(message);
  must(data.attributes.size() == expected.size(), "as many attributes are read as were signed");
  for (std::size_t at = 0; at < expected.size(); ++at) {
    const scep::Attribute& read = data.attributes[at];
    const auto& fields = expected[at].children;
    must(fields.size() == 2 && equal(fields[0].content, read.type.content()),
         "an attribute's type is what was signed");
    must(read.values.size() == fields[1].children.size(), "as many values are read as were signed");
    for (std::size_t value = 0; value < read.values.size(); ++value)
      must(test::encoded(fields[1].children[value]) == to_buffer(read.values[value].whole),
           "a value is what was signed");
  }
}

std::size_t count_of(const scep::SignedData& data, const asn1::Oid& type) {
  return static_cast<std::size_t>(
      std::ranges::count(data.attributes, type, &scep::Attribute::type));
}

void judge_counts(const scep::PkiMessage& message) {
  const scep::SignedData& data = message.signed_data;
  for (const asn1::Oid* type :
       {&oid::content_type, &oid::message_digest, &oid::message_type, &oid::transaction_id}) {
    must(count_of(data, *type) == 1, "what SCEP asks for stands there once");
    must(data.single_value(*type) != nullptr, "and has one value");
  }
  for (const asn1::Oid* type : {&oid::sender_nonce, &oid::recipient_nonce, &oid::pki_status,
                                &oid::fail_info, &oid::fail_info_text})
    must(count_of(data, *type) <= 1, "what SCEP knows stands there once at most");
  must(data.signers == 1, "one signer");
  must(message.type != scep::MessageType::cert_rep, "an answer is no request");
  must(!message.correspondence.transaction_id.empty() &&
           message.correspondence.transaction_id.size() <= 255,
       "a transactionID within its limits");
}

// OpenSSL reads whole certificates and odd values where the core passes over them: it judges the
// message with nothing but the signer's certificate, where it can read that.
void judge_signature(const Signing& signing, const scep::PkiMessage& message) {
  Signing plain = signing;
  plain.bag = {to_buffer(signing.signer->certificate.der())};
  const test::CmsPtr cms = test::openssl_cms(signed_message(plain));
  if (!cms) return;
  const auto content = test::signed_content(cms.get());
  // It encodes a BOOLEAN anew, so that another TRUE than FF breaks the signature for it alone.
  const bool plain_values =
      std::ranges::none_of(message.signed_data.attributes, [](const scep::Attribute& attribute) {
        return std::ranges::any_of(attribute.values, [](const asn1::Element& value) {
          return value.tag == asn1::tag::boolean;
        });
      });
  must(content.has_value() || !plain_values, "OpenSSL verifies what the core accepts");
  if (content) must(*content == signing.content, "OpenSSL reads the same content");
  must(equal(message.signer_key.info(), signing.signer->certificate.public_key_info()),
       "the key that signed is the key that counts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = input_of({data, size});
  if (!input) return 0;
  const Buffer message = signed_message(input->signing);
  const auto read = scep::read_pki_message(library(), message, {});
  if (!read) return 0;
  must(input->signing.digest != "MD5", "MD5 is not allowed");
  judge_attributes(read->signed_data, message);
  judge_counts(*read);
  judge_signature(input->signing, *read);
  return 0;
}
