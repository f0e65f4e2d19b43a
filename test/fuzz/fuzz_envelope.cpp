#include <openssl/rsa.h>

#include "scep/make_message.h"
#include "support/fixed_ra.h"
#include "support/fixed_random.h"
#include "support/must.h"
#include "support/oracle.h"
#include "support/private_operations.h"
#include "support/sealing.h"
#include "support/still_time.h"

// A CSR or noise, enveloped and signed by the target: SEQUENCE { OCTET STRING options, OCTET STRING
// plaintext, SEQUENCE ContentInfo with the words EK, IV and CT }. No private-key operation before
// the shape is good and one after it; one answer, of one event and one time, for all that does not
// open to a CSR with a good signature; OpenSSL opens what is opened.
SCEP_RA_FUZZ_TREES

namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

struct Input {
  Sealing sealing;
  std::string message_type;
  bool deliverable;
  Buffer plaintext;
  Buffer envelope;
};

Buffer content_of(const Tree& tree) {
  Buffer content = tree.content;
  for (const Tree& child : tree.children) append(content, octets_of(child));
  return content;
}

std::optional<Input> input_of(Bytes octets) {
  auto root = tree_of(octets);
  if (!root || root->children.size() != 3) return std::nullopt;
  Buffer options = content_of(root->children[0]);
  options.resize(8);
  constexpr const char* types[] = {"19", "17", "20", "21", "22", "3"};
  Input input{{.cipher = options[0] % ciphers,
               .transport = options[1] % transports,
               .spoil = static_cast<Sealing::Spoil>(options[2] % spoils),
               .flip = options[3]},
              types[options[4] % 6],
              (options[5] & 1) != 0,
              content_of(root->children[1]),
              {}};
  input.envelope = sealed_envelope(root->children[2], input.plaintext, input.sealing);
  return input;
}

// The content key as OpenSSL takes its padding off; empty: the padding is bad.
std::optional<Buffer> openssl_key(const scep::EnvelopedData& data) {
  const test::KeyContextPtr context(
      test::made(EVP_PKEY_CTX_new_from_pkey(nullptr, ra_encryption().party.key, nullptr)));
  test::done(EVP_PKEY_decrypt_init(context.get()));
  const bool oaep = data.key_transport != crypto::KeyTransport::pkcs1;
  test::done(EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                          oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING));
  if (oaep) {
    const char* digest = data.key_transport == crypto::KeyTransport::oaep_sha1 ? "SHA1" : "SHA256";
    test::done(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), digest, nullptr));
  }
  Buffer key(512);
  std::size_t size = key.size();
  const int good = EVP_PKEY_decrypt(context.get(), key.data(), &size, data.encrypted_key.data(),
                                    data.encrypted_key.size());
  ERR_clear_error();
  if (good != 1 || size != crypto::key_size(data.cipher)) return std::nullopt;
  key.resize(size);
  return key;
}

// What OpenSSL finds inside; empty: nothing, or what nobody has put there.
std::optional<Buffer> openssl_content(const scep::EnvelopedData& data) {
  const auto key = openssl_key(data);
  if (!key) return std::nullopt;
  constexpr const char* names[] = {"DES-CBC", "DES-EDE3-CBC", "AES-128-CBC", "AES-192-CBC",
                                   "AES-256-CBC"};
  const std::unique_ptr<EVP_CIPHER, test::Release<EVP_CIPHER_free>> cipher(
      EVP_CIPHER_fetch(library()->get(), names[static_cast<std::size_t>(data.cipher)], nullptr));
  const std::unique_ptr<EVP_CIPHER_CTX, test::Release<EVP_CIPHER_CTX_free>> context(
      EVP_CIPHER_CTX_new());
  Buffer plain(data.ciphertext.size() + 32);
  int first = 0;
  int last = 0;
  const bool good =
      EVP_DecryptInit_ex2(context.get(), cipher.get(), key->data(), data.iv.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), plain.data(), &first, data.ciphertext.data(),
                        static_cast<int>(data.ciphertext.size())) == 1 &&
      EVP_DecryptFinal_ex(context.get(), plain.data() + first, &last) == 1;
  ERR_clear_error();
  if (!good) return std::nullopt;
  plain.resize(static_cast<std::size_t>(first + last));
  return plain;
}

// Reading and opening alone. What OpenSSL finds inside; empty when the shape is bad, too.
struct Opened {
  bool good_shape = false;
  std::optional<Buffer> content;
};
Opened judge_opening(FixedRa& ra, const Input& input) {
  private_operations();
  const auto& recipients = ra.services().keys.recipients();
  const auto data = scep::read_enveloped_data(input.envelope, recipients, ra.algorithms);
  must(private_operations() == 0, "no private-key operation before the shape is good");
  if (!data) return {};
  const auto plain = scep::open_enveloped_data(library(), *data, recipients[data->recipient]);
  must(private_operations() == 1, "one private-key operation opens an envelope");
  auto expected = openssl_content(*data);
  private_operations();
  if (expected) must(plain && equal(plain->reveal(), *expected), "it opens to what OpenSSL finds");
  if (!plain)
    must(plain.error().code == Errc::bad_message_check &&
             plain.error().reason == Reason::envelope_unreadable &&
             plain.error().detail == "the envelope does not open",
         "one error for all that does not open");
  if (!expected && plain && !input.plaintext.empty())
    must(!equal(plain->reveal(), input.plaintext), "bad padding opens to nothing that was meant");
  if (input.sealing.spoil == Sealing::Spoil::nothing && expected) {
    const auto by_cms = test::opened(input.envelope, ra_encryption().party);
    must(!by_cms || *by_cms == *expected, "OpenSSL's CMS opens it to the same");
  }
  return {true, std::move(expected)};
}

Buffer message_of(const Input& input) {
  const FixedParty& signer = input.deliverable ? device() : ec_device();
  return signed_message({.signer = &signer,
                         .content = input.envelope,
                         .attributes = good_attributes(input.message_type),
                         .bag = {to_buffer(signer.certificate.der())}});
}

// What is answered by its type, or refused before its envelope is looked into: CertPoll, a CertRep,
// and a query whose answer nobody could open.
bool is_left_unopened(const Input& input) {
  const std::string& type = input.message_type;
  const bool query = type == "21" || type == "22";
  return type == "20" || type == "3" || (query && !input.deliverable);
}

bool is_query(const Input& input) {
  return input.message_type == "21" || input.message_type == "22";
}

// This RA has issued nothing, so that no query names a certificate of it: whether it opens, and to
// what, must not show.
void judge_query(FixedRa& ra, const enrol::Outcome& outcome, std::chrono::nanoseconds waited) {
  const auto event = nlohmann::json::parse(ra.event());
  must(event.at("reason") == "certificate-unknown" &&
           event.at("detail") == "the query names no certificate that this RA has issued",
       "one reason for every query");
  must(waited == std::chrono::milliseconds(2), "one time for every query");
  const auto reply = judged_reply(outcome.cert_rep.value_or(Buffer{}), device().party);
  must(reply && reply->status == "2" && reply->fail_info == "4", "badCertId for every query");
  must(ra.ca.asked.empty(), "and none is issued");
}

// Who learns that the envelope was opened; nobody else is told anything about it.
void judge_answer(FixedRa& ra, const Input& input, const Opened& opened) {
  slept();
  private_operations();
  const enrol::Outcome outcome = ra.answer(message_of(input));
  const unsigned operations = private_operations();
  const auto waited = slept();
  if (is_left_unopened(input) || !opened.good_shape) {
    must(operations == 0 && waited.count() == 0, "a poll and a bad shape cost no key operation");
    must(ra.ca.asked.empty(), "and are not issued");
    return;
  }
  must(operations == 1, "one private-key operation a message");
  if (is_query(input)) return judge_query(ra, outcome, waited);
  const test::RequestPtr csr = opened.content ? verified_request(*opened.content) : nullptr;
  const bool may_differ = csr != nullptr;
  const auto event = nlohmann::json::parse(ra.event());
  const bool the_one_answer = event.at("reason") == "envelope-unreadable";
  if (!may_differ) {
    must(the_one_answer, "one reason whatever did not open");
    must(event.at("detail") == "the envelope does not open to a request of its type",
         "one detail whatever did not open");
    must(waited == std::chrono::milliseconds(2), "one time whatever did not open");
    const auto reply = judged_reply(outcome.cert_rep.value_or(Buffer{}), device().party);
    must(reply && reply->status == "2" && reply->fail_info == "1",
         "badMessageCheck whatever did not open");
  }
  if (!the_one_answer) must(waited.count() == 0, "who is known does not wait");
  if (!ra.ca.asked.empty())
    must(csr && input.message_type == "19" && fits_device_template(csr.get(), ra.password) &&
             ra.ca.asked.front() == *opened.content,
         "the CA is asked only for whom OpenSSL finds authorised");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FixedRa ra;
  const auto input = input_of({data, size});
  if (!input) return 0;
  judge_answer(ra, *input, judge_opening(ra, *input));
  return 0;
}
