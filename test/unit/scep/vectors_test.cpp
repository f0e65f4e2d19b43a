#include "vectors.h"

#include "base/base64.h"
#include "base/hex.h"
#include "catch.h"
#include "crypto/csr.h"
#include "scep/certs_only.h"
#include "scep/judge.h"
#include "scep/make_ra.h"
#include "scep/pki_message.h"

// Messages of other implementations (scep-requirements 11.1), as far as their keys allow.
using namespace scep_ra;
using namespace scep_ra::test;

namespace {

std::optional<std::string> micromdm(const std::string& vector, const std::string& package) {
  auto file = vector_file(vector);
  return file ? file : package_file("micromdm/scep/scep/testdata/" + package);
}

std::string text_of(const scep::SignedData& data, const asn1::Oid& type) {
  const asn1::Element* value = data.single_value(type);
  return value ? to_string(value->content) : "(none)";
}

bool verifies(const scep::SignedData& data, const crypto::Certificate& signer) {
  const auto key = crypto::PublicKey::decode(library(), signer.public_key_info());
  return key && scep::verify_signed_data(library(), data, *key);
}

Result<scep::PkiMessage> accepted(std::string_view message,
                                  const scep::AlgorithmPolicy& policy = {}) {
  auto read = scep::read_pki_message(library(), as_bytes(message), policy);
  if (!read) return std::unexpected(std::move(read).error().error);
  CHECK(signed_content(as_bytes(message)) == to_buffer(*read->signed_data.content));
  return *std::move(read);
}

// V1's key is encrypted with an empty passphrase.
KeyPtr key_with_empty_passphrase(std::string_view pem) {
  const BioPtr memory = reading(as_bytes(pem));
  const auto empty = [](char*, int, int, void*) { return 0; };
  return KeyPtr(made(PEM_read_bio_PrivateKey(memory.get(), nullptr, empty, nullptr)));
}

}  // namespace

TEST_CASE("V1: an Apple request is read and opened down to its PKCS#10",
          "[scep][req:V1][req:M1][req:M13][req:E3][req:N2]") {
  const auto message = micromdm("micromdm/PKCSReq.der", "PKCSReq.der");
  const auto ca_pem = micromdm("micromdm/ca.pem", "testca/ca.pem");
  const auto ca_key = micromdm("micromdm/ca.key", "testca/ca.key");
  const auto client_key = micromdm("smallstep/client.key", "testclient/client.key");
  if (!message || !ca_pem || !ca_key || !client_key) return skip();

  const auto read = accepted(*message);
  REQUIRE(read);
  CHECK(read->type == scep::MessageType::pkcs_req);
  CHECK(read->correspondence.transaction_id == "A13090761A30F66664F85D37433D2065E1112BA1");
  CHECK(read->correspondence.sender_nonce->size() == 8);
  CHECK(read->correspondence.digest == crypto::Digest::sha1);
  CHECK(read->signer().subject_text().find("MDM SCEP SIGNER") != std::string::npos);
  CHECK(read->signer_key.bits() == 2048);

  const KeyPtr key = key_with_empty_passphrase(*ca_key);
  std::vector<scep::Recipient> ours;
  ours.push_back(
      {crypto::decode_pem_certificates(*ca_pem)->front(),
       crypto::KeyUnwrap::make(
           library(), crypto::PrivateKey::decode_pem(library(), pem_of_key(key.get())).value())
           .value()});
  const Bytes envelope = *read->signed_data.content;
  const auto data = scep::read_enveloped_data(envelope, ours, {});
  REQUIRE(data);
  CHECK(data->cipher == crypto::Cipher::des_ede3_cbc);
  const auto plain = scep::open_enveloped_data(library(), *data, ours.front());
  REQUIRE(plain);
  const CertificatePtr ca = openssl_certificate(ours.front().certificate.der());
  CHECK(opened(envelope, Party{ca.get(), key.get()}) == to_buffer(plain->reveal()));

  const auto csr = crypto::Csr::decode(plain->reveal());
  REQUIRE(csr);
  CHECK(csr->challenge_password().empty());
  const auto csr_key = crypto::PublicKey::decode(library(), csr->public_key_info());
  REQUIRE(csr_key);
  CHECK(csr_key->bits() == 1024);
  CHECK(csr_key->verify(csr->signature_algorithm().value(), csr->info(), csr->signature()));
  const auto client = crypto::PrivateKey::decode_pem(library(), *client_key);
  REQUIRE(client);
  CHECK(equal(client->public_key().info(), csr->public_key_info()));
}

TEST_CASE("V1: the same request passes through GET's base64", "[scep][req:V1][req:T2][req:T8]") {
  const auto message = micromdm("micromdm/PKCSReq.der", "PKCSReq.der");
  if (!message) return skip();
  CHECK(base64_decode_tolerant(base64_encode(as_bytes(*message))) == to_buffer(as_bytes(*message)));
}

TEST_CASE("V2: a SUCCESS of another server is read and verified", "[scep][req:V2][req:M21]") {
  const auto message = micromdm("smallstep/CertRep.der", "CertRep.der");
  if (!message) return skip();
  const auto data = scep::read_signed_data(as_bytes(*message));
  REQUIRE(data);
  CHECK(data->digest == crypto::Digest::sha1);
  CHECK(text_of(*data, asn1::oid::message_type) == "3");
  CHECK(text_of(*data, asn1::oid::pki_status) == "0");
  CHECK(text_of(*data, asn1::oid::transaction_id) == "A13090761A30F66664F85D37433D2065E1112BA1");
  CHECK_FALSE(data->has(asn1::oid::sender_nonce));
  REQUIRE(data->signer_certificate);
  CHECK(verifies(*data, data->certificates[*data->signer_certificate]));
  // As a request it is refused, signature or not.
  const auto refused = scep::read_pki_message(library(), as_bytes(*message), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().error.reason == Reason::message_type_unknown);
}

TEST_CASE("V3: a SUCCESS of a real NDES verifies with its RA signing certificate",
          "[scep][req:V3][req:R10][req:R17]") {
  const auto message = micromdm("smallstep/CertRep_NoCertificatesForSigners.der",
                                "testca2/CertRep_NoCertificatesForSigners.der");
  const auto ra_pem = micromdm("smallstep/ca2.pem", "testca2/ca2.pem");
  if (!message || !ra_pem) return skip();
  const auto data = scep::read_signed_data(as_bytes(*message));
  REQUIRE(data);
  CHECK(data->certificates.empty());
  CHECK_FALSE(data->signer_certificate);
  CHECK(text_of(*data, asn1::oid::transaction_id) == "HVvzN0228V+AW+dUuDe8OPyDXD0=");
  CHECK(text_of(*data, asn1::oid::fixed("1.3.6.1.4.1.311.21.38")) == "Issued");
  CHECK(data->single_value(asn1::oid::sender_nonce)->content.size() == 16);
  CHECK(data->single_value(asn1::oid::recipient_nonce)->content.size() == 16);
  const auto candidates = crypto::decode_pem_certificates(*ra_pem);
  REQUIRE(candidates);
  CHECK(std::ranges::count_if(
            *candidates, [&](const auto& candidate) { return verifies(*data, candidate); }) == 1);
  const auto none = scep::read_enveloped_data(*data->content, {}, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().reason == Reason::recipient_unknown);
}

TEST_CASE("V4: single DES is refused unless the operator allows it",
          "[scep][vectors][req:V4][req:E6][req:M3]") {
  const auto message = vector_file("scep-gem/sample-scep-request.pkcs7");
  if (!message) return skip();
  const auto read = accepted(*message);
  REQUIRE(read);
  CHECK(read->correspondence.transaction_id == "e577807d441dbd9a9487a931045450af1346367e");
  CHECK(read->signer().subject_text().find("CN=user") != std::string::npos);
  const Bytes envelope = *read->signed_data.content;
  const auto refused = scep::read_enveloped_data(envelope, {}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::bad_alg);
  const auto allowed = scep::read_enveloped_data(envelope, {}, {.des = true});
  REQUIRE_FALSE(allowed);
  CHECK(allowed.error().reason == Reason::recipient_unknown);
}

TEST_CASE("V5: the request that the RFC points to is read in its three layers",
          "[scep][vectors][req:V5][req:M1][req:E1]") {
  const auto csr_der = vector_file("jscep/scep_req0.der");
  const auto envelope = vector_file("jscep/scep_req1.der");
  const auto message = vector_file("jscep/scep_req2.der");
  if (!csr_der || !envelope || !message) return skip();
  const auto csr = crypto::Csr::decode(as_bytes(*csr_der));
  REQUIRE(csr);
  const auto csr_key = crypto::PublicKey::decode(library(), csr->public_key_info());
  REQUIRE(csr_key);
  CHECK(csr_key->verify(csr->signature_algorithm().value(), csr->info(), csr->signature()));
  CHECK(asn1::name_text(csr->subject_name()) ==
        "C=NZ, O=Dave's Wetaburgers, OU=Procurement, CN=Test SCEP PKI user");

  CHECK(accepted(*message).error().reason == Reason::key_too_short);
  const auto read = accepted(*message, {.minimum_rsa_bits = 1024});  // the signer's has 1536
  REQUIRE(read);
  CHECK(read->type == scep::MessageType::pkcs_req);
  CHECK(read->correspondence.transaction_id == "7XXEY-ERLPU-2JDR9");
  CHECK(read->correspondence.digest == crypto::Digest::sha256);
  CHECK(equal(*read->signed_data.content, as_bytes(*envelope)));
  const auto unopened = scep::read_enveloped_data(as_bytes(*envelope), {}, {});
  REQUIRE_FALSE(unopened);
  CHECK(unopened.error().reason == Reason::recipient_unknown);
}

TEST_CASE("V5: the answer that the RFC points to is read in its three layers",
          "[scep][vectors][req:V5][req:R8]") {
  const auto list = vector_file("jscep/scep_resp0.der");
  const auto envelope = vector_file("jscep/scep_resp1.der");
  const auto message = vector_file("jscep/scep_resp2.der");
  if (!list || !envelope || !message) return skip();
  const auto certificates = scep::read_certs_only(as_bytes(*list));
  REQUIRE(certificates);
  REQUIRE(certificates->size() == 1);
  CHECK(certificates->front().subject_text().find("Test SCEP PKI user") != std::string::npos);
  // Written by us, the same list is the same octets.
  CHECK(equal(scep::write_certs_only({certificates->front().der()}), as_bytes(*list)));

  const auto data = scep::read_signed_data(as_bytes(*message));
  REQUIRE(data);
  CHECK(text_of(*data, asn1::oid::pki_status) == "0");
  CHECK(equal(*data->content, as_bytes(*envelope)));
  REQUIRE(data->signer_certificate);
  CHECK(verifies(*data, data->certificates[*data->signer_certificate]));
}

TEST_CASE("V10: a SignedData of indefinite lengths is read and verified",
          "[scep][req:V10][req:M3]") {
  const auto source = package_file("fullsailor/pkcs7/ber_test.go");
  if (!source) return skip();
  const auto blocks = pem_decode("PKCS7", *source);
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0][1] == 0x80);
  const auto data = scep::read_signed_data(blocks[0]);
  REQUIRE(data);
  CHECK(as_text(*data->content).starts_with("{\"AgentActionOverrides\""));
  REQUIRE(data->signer_certificate);
  CHECK(verifies(*data, data->certificates[*data->signer_certificate]));
  CHECK(signed_content(blocks[0]) == to_buffer(*data->content));
}

TEST_CASE("V10: whatever PKCS#7 the package holds, we verify what OpenSSL verifies",
          "[scep][req:V10][req:M3]") {
  const auto source = package_file("fullsailor/pkcs7/verify_test.go");
  if (!source) return skip();
  std::size_t judged = 0;
  std::size_t seen = 0;
  for (const Buffer& message : pem_decode("PKCS7", *source)) {
    const auto data = scep::read_signed_data(message);
    const bool verified = signed_content(message).has_value();
    INFO("message " << seen++ << (data ? "" : ": " + data.error().detail));
    // What we do not read at all is no message that OpenSSL would believe.
    if (!data || !data->content || !data->signer_certificate) {
      CHECK_FALSE(verified);
      continue;
    }
    ++judged;
    // Without signed attributes there is nothing of SCEP (M4); OpenSSL verifies those too.
    const bool theirs = !data->attributes.empty() && verified;
    CHECK(verifies(*data, data->certificates[*data->signer_certificate]) == theirs);
  }
  CHECK(judged >= 1);
}
