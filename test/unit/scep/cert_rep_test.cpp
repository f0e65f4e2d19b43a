#include "scep/cert_rep.h"

#include <set>

#include "catch.h"
#include "make_certificate.h"
#include "scep/certs_only.h"
#include "scep/judge.h"
#include "scep/make_message.h"
#include "scep/make_ra.h"

using namespace scep_ra;
using namespace scep_ra::test;
using scep::FailInfo;

namespace {

const std::string fail_info_text = "1.3.6.1.5.5.7.24.1";
const std::string microsoft_error = "1.3.6.1.4.1.311.21.33";
const std::string signing_time = "1.2.840.113549.1.9.5";

// The RA signing pair, and all that a ReplySigner borrows.
struct Ra {
  crypto::Certificate certificate;
  crypto::PrivateKey key;
  scep::Profile profile;
  scep::AlgorithmPolicy policy;
  scep::ReplySigner signer() const { return {library(), certificate, key, profile, policy}; }
};
Ra ra(const scep::Profile& profile = scep::rfc8894_profile(),
      const scep::AlgorithmPolicy& policy = {}) {
  return {core_certificate(ra_signing()), core_key(ra_signing()), profile, policy};
}

scep::PkiMessage request(const std::function<void(MessageWish&)>& change = [](MessageWish&) {}) {
  MessageWish wish = good_message();
  change(wish);
  return scep::read_pki_message(library(), make_message(wish), {.md5 = true}).value();
}

const Buffer& issued() {
  static const Buffer der = der_of_certificate(
      make_certificate(
          {.key = device().key, .common_name = "the certificate that was issued to the device"})
          .get());
  return der;
}
const Buffer& issuing_ca() {
  static const Buffer der =
      der_of_certificate(make_certificate({.key = key_of("ca"), .common_name = "CA"}).get());
  return der;
}
Buffer success(const Ra& ra, const scep::PkiMessage& to,
               const scep::EnvelopeAlgorithms& algorithms = {}) {
  return scep::write_success(ra.signer(), to, algorithms, {},
                             scep::write_certs_only({Bytes(issued()), Bytes(issuing_ca())}))
      .value();
}
Buffer failure(const Ra& ra, const scep::Correspondence& to, FailInfo info) {
  return scep::write_failure(ra.signer(), to, info).value();
}

std::string with_tag(int type, std::string_view text) {
  return std::to_string(type) + ":" + std::string(text);
}
std::string printable_text(std::string_view text) {
  return with_tag(V_ASN1_PRINTABLESTRING, text);
}
std::string octet_text(Bytes octets) {
  return with_tag(V_ASN1_OCTET_STRING, as_text(octets));
}

// A reply as OpenSSL reads it.
struct Reply {
  CmsPtr cms;
  CMS_SignerInfo* signer;
  std::string attribute(const std::string& type) const { return shown_attribute(signer, type); }
  bool has(const std::string& type) const {
    const ObjectPtr object(made(OBJ_txt2obj(type.c_str(), 1)));
    return CMS_signed_get_attr_by_OBJ(signer, object.get(), -1) >= 0;
  }
  std::vector<Buffer> certificates() const {
    std::vector<Buffer> all;
    STACK_OF(X509)* bag = CMS_get1_certs(cms.get());
    for (int at = 0; at < sk_X509_num(bag); ++at)
      all.push_back(der_of_certificate(sk_X509_value(bag, at)));
    sk_X509_pop_free(bag, X509_free);
    return all;
  }
};

// What is true of every reply (R1 to R7, R15, R19 to R21); the signature holds by the RA's
// certificate.
Reply checked(const Buffer& message, const scep::Correspondence& to) {
  Reply reply{openssl_cms(message), nullptr};
  REQUIRE(reply.cms);
  CHECK(der_of(reply.cms.get(), i2d_CMS_ContentInfo) == message);
  reply.signer = only_signer(reply.cms.get());
  REQUIRE(reply.signer);
  CHECK(OBJ_obj2nid(CMS_get0_eContentType(reply.cms.get())) == NID_pkcs7_data);
  CHECK(signed_content(reply.cms.get(), ra_signing().certificate));
  CHECK(CMS_SignerInfo_cert_cmp(reply.signer, ra_signing().certificate) == 0);

  X509_ALGOR* digest = nullptr;
  X509_ALGOR* signature = nullptr;
  CMS_SignerInfo_get0_algs(reply.signer, nullptr, nullptr, &digest, &signature);
  CHECK(OBJ_obj2nid(signature->algorithm) == NID_rsaEncryption);
  CHECK(ASN1_TYPE_get(signature->parameter) == V_ASN1_NULL);

  std::vector<Buffer> attributes;
  for (int at = 0; at < CMS_signed_get_attr_count(reply.signer); ++at)
    attributes.push_back(der_of(CMS_signed_get_attr(reply.signer, at), i2d_X509_ATTRIBUTE));
  CHECK(std::ranges::is_sorted(attributes));

  CHECK(reply.attribute(attribute::message_type) == printable_text("3"));
  CHECK(reply.attribute(attribute::transaction_id) == printable_text(to.transaction_id));
  CHECK(reply.attribute(attribute::sender_nonce).size() == 2 + 16);
  if (to.sender_nonce) {
    CHECK(reply.attribute(attribute::recipient_nonce) == octet_text(*to.sender_nonce));
    CHECK(reply.attribute(attribute::sender_nonce) != octet_text(*to.sender_nonce));
  } else {
    CHECK_FALSE(reply.has(attribute::recipient_nonce));
  }
  CHECK(reply.has(attribute::content_type));
  CHECK_FALSE(reply.has(signing_time));
  CHECK(CMS_get1_crls(reply.cms.get()) == nullptr);
  return reply;
}

int digest_nid(const Reply& reply) {
  X509_ALGOR* digest = nullptr;
  CMS_SignerInfo_get0_algs(reply.signer, nullptr, nullptr, &digest, nullptr);
  CHECK(ASN1_TYPE_get(digest->parameter) == V_ASN1_NULL);
  return OBJ_obj2nid(digest->algorithm);
}

}  // namespace

TEST_CASE("SUCCESS verifies and opens in OpenSSL, the issued certificate first",
          "[scep][req:R1][req:R2][req:R8][req:R12][req:R13][req:R14][req:R20]") {
  const scep::PkiMessage to = request();
  for (const scep::Profile& profile : {scep::rfc8894_profile(), scep::ndes_profile()}) {
    const Reply reply = checked(success(ra(profile), to), to.correspondence);
    CHECK(reply.attribute(attribute::pki_status) == printable_text("0"));
    CHECK_FALSE(reply.has(attribute::fail_info));
    CHECK_FALSE(reply.has(fail_info_text));
    CHECK_FALSE(reply.has(microsoft_error));
    const Buffer envelope = signed_content(reply.cms.get(), ra_signing().certificate).value();
    const CmsPtr enveloped = openssl_cms(envelope);
    STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(enveloped.get());
    REQUIRE(sk_CMS_RecipientInfo_num(infos) == 1);
    CHECK(CMS_RecipientInfo_ktri_cert_cmp(sk_CMS_RecipientInfo_value(infos, 0),
                                          device().certificate) == 0);
    CHECK(opened(envelope, device()) ==
          scep::write_certs_only({Bytes(issued()), Bytes(issuing_ca())}));
  }
}

TEST_CASE("the answer goes to who signed, not to others in the bag", "[scep][req:R11]") {
  const scep::PkiMessage to = request([](MessageWish& wish) {
    wish.certificates = {{certificate_of(another_device()), certificate_of(device())}};
  });
  const Buffer envelope = signed_content(success(ra(), to)).value();
  CHECK(opened(envelope, device()));
  CHECK_FALSE(opened(envelope, another_device()));
}

TEST_CASE("the issued certificate never stands outside the envelope", "[scep][req:R16][req:R17]") {
  const scep::PkiMessage to = request();
  const std::vector<Buffer> only_ra{certificate_of(ra_signing())};
  CHECK(checked(success(ra(), to), to.correspondence).certificates() == only_ra);
  CHECK(checked(success(ra(scep::ndes_profile()), to), to.correspondence).certificates().empty());
  CHECK(checked(failure(ra(), to.correspondence, FailInfo::bad_request), to.correspondence)
            .certificates() == only_ra);
  CHECK(checked(failure(ra(scep::ndes_profile()), to.correspondence, FailInfo::bad_request),
                to.correspondence)
            .certificates()
            .empty());
}

TEST_CASE("the envelope uses the cipher and the key transport it is told", "[scep][req:E13]") {
  const scep::PkiMessage to = request();
  const std::pair<crypto::Cipher, std::string> ciphers[] = {
      {crypto::Cipher::des_ede3_cbc, "1.2.840.113549.3.7"},
      {crypto::Cipher::aes128_cbc, "2.16.840.1.101.3.4.1.2"},
      {crypto::Cipher::aes256_cbc, "2.16.840.1.101.3.4.1.42"}};
  for (const auto& [cipher, type] : ciphers)
    for (const auto transport : {crypto::KeyTransport::pkcs1, crypto::KeyTransport::oaep_sha256}) {
      const Buffer envelope = signed_content(success(ra(), to, {cipher, transport})).value();
      CHECK(opened(envelope, device()));
      const auto read =
          scep::read_enveloped_data(envelope, core_recipients({device()}), {}).value();
      CHECK(read.cipher == cipher);
      CHECK(read.key_transport == transport);
    }
}

TEST_CASE("the answer is signed with the request's digest, SHA-1 at least",
          "[scep][req:R18][req:E6]") {
  const std::pair<const char*, int> digests[] = {{"MD5", NID_sha1},
                                                 {"SHA1", NID_sha1},
                                                 {"SHA256", NID_sha256},
                                                 {"SHA384", NID_sha384},
                                                 {"SHA512", NID_sha512}};
  for (const auto& [name, expected] : digests) {
    const scep::PkiMessage to = request([&](MessageWish& wish) { wish.digest = name; });
    CHECK(digest_nid(checked(success(ra(), to), to.correspondence)) == expected);
    CHECK(digest_nid(checked(failure(ra(), to.correspondence, FailInfo::bad_request),
                             to.correspondence)) == expected);
  }
  const scep::Correspondence unknown{"id", std::nullopt, std::nullopt};
  CHECK(digest_nid(checked(failure(ra(), unknown, FailInfo::bad_alg), unknown)) == NID_sha256);
  const scep::Correspondence md5{"id", std::nullopt, crypto::Digest::md5};
  const Ra hardened = ra(scep::rfc8894_profile(), {.sha1 = false});
  CHECK(digest_nid(checked(failure(hardened, md5, FailInfo::bad_alg), md5)) == NID_sha256);
}

TEST_CASE("FAILURE under rfc8894 says failInfo and its text, and its content is empty",
          "[scep][req:F1][req:F2][req:R4][req:R9][req:R10]") {
  const std::pair<FailInfo, std::string> infos[] = {{FailInfo::bad_alg, "0"},
                                                    {FailInfo::bad_message_check, "1"},
                                                    {FailInfo::bad_request, "2"},
                                                    {FailInfo::bad_time, "3"},
                                                    {FailInfo::bad_cert_id, "4"}};
  const scep::Correspondence to = request().correspondence;
  std::set<std::string> texts;
  for (const auto& [info, number] : infos) {
    const Reply reply = checked(failure(ra(), to, info), to);
    CHECK(reply.attribute(attribute::pki_status) == printable_text("2"));
    CHECK(reply.attribute(attribute::fail_info) == printable_text(number));
    CHECK(reply.attribute(fail_info_text).starts_with(std::to_string(V_ASN1_UTF8STRING) + ":"));
    texts.insert(reply.attribute(fail_info_text));
    CHECK_FALSE(reply.has(microsoft_error));
    ASN1_OCTET_STRING** content = CMS_get0_content(reply.cms.get());
    REQUIRE(*content);
    CHECK((*content)->length == 0);
  }
  CHECK(texts.size() == 5);
}

TEST_CASE("FAILURE under ndes is that of the capture", "[scep][req:F4][req:R10]") {
  const scep::Correspondence to = request().correspondence;
  const Reply reply = checked(failure(ra(scep::ndes_profile()), to, FailInfo::bad_request), to);
  CHECK(reply.attribute(attribute::pki_status) == printable_text("2"));
  CHECK(reply.attribute(attribute::fail_info) == printable_text("2"));
  CHECK(reply.attribute(microsoft_error) == printable_text("-2147024809"));
  CHECK_FALSE(reply.has(fail_info_text));
  CHECK(CMS_signed_get_attr_count(reply.signer) == 9);
  ASN1_OCTET_STRING** content = CMS_get0_content(reply.cms.get());
  REQUIRE(*content);
  CHECK(to_buffer(Bytes((*content)->data, static_cast<std::size_t>((*content)->length))) ==
        Buffer{0});
}

TEST_CASE("every transaction identifier comes back octet by octet", "[scep][req:R3][req:M10]") {
  for (const std::string& id :
       {std::string("A13090761A30F66664F85D37433D2065E1112BA1"),
        std::string("HVvzN0228V+AW+dUuDe8OPyDXD0="), std::string("e577807d441dbd9a"),
        std::string("SSCEP transactionId"), std::string(255, 'x'), std::string("\xff\n\0'", 4)}) {
    const scep::Correspondence to =
        request([&](MessageWish& wish) {
          wish.attribute(attribute::transaction_id).values = {{printable(id)}};
        }).correspondence;
    checked(failure(ra(), to, FailInfo::bad_request), to);
  }
}

TEST_CASE("a nonce of any length comes back, none when there was none", "[scep][req:R5][req:M13]") {
  for (const std::size_t size : {1UL, 8UL, 16UL, 64UL}) {
    const scep::Correspondence to =
        request([&](MessageWish& wish) {
          wish.attribute(attribute::sender_nonce).values = {{octets(Buffer(size, 5))}};
        }).correspondence;
    checked(failure(ra(), to, FailInfo::bad_request), to);
  }
  const scep::Correspondence to =
      request([](MessageWish& wish) { wish.without(attribute::sender_nonce); }).correspondence;
  checked(failure(ra(), to, FailInfo::bad_request), to);
}

TEST_CASE("ten thousand answers have ten thousand nonces", "[scep][req:R6]") {
  const Ra fast{core_certificate(ra_signing()),
                crypto::PrivateKey::generate(library(), "ec:P-256").value(),
                scep::rfc8894_profile(),
                {}};
  const scep::Correspondence to{"id", nonce_of_messages(), crypto::Digest::sha256};
  std::set<Buffer> nonces;
  for (int count = 0; count < 10000; ++count) {
    const auto read = scep::read_signed_data(failure(fast, to, FailInfo::bad_request)).value();
    nonces.insert(to_buffer(read.single_value(asn1::oid::sender_nonce)->content));
  }
  CHECK(nonces.size() == 10000);
  CHECK_FALSE(nonces.contains(nonce_of_messages()));
}

TEST_CASE("an RA that signs with ECDSA is verified by OpenSSL too", "[scep][req:R1]") {
  EVP_PKEY* key = key_of("ra", "ec:P-384");
  const CertificatePtr certificate = make_certificate({.key = key, .common_name = "EC RA"});
  const Party party{certificate.get(), key};
  const Ra ec{core_certificate(party), core_key(party), scep::rfc8894_profile(), {}};
  for (const auto digest : {crypto::Digest::sha1, crypto::Digest::sha256, crypto::Digest::sha384,
                            crypto::Digest::sha512}) {
    const Buffer reply = failure(ec, {"id", std::nullopt, digest}, FailInfo::bad_request);
    CHECK(signed_content(reply));
    CHECK(der_of(openssl_cms(reply).get(), i2d_CMS_ContentInfo) == reply);
  }
}

TEST_CASE("what could not be delivered is known before the CA is asked", "[scep][req:E10]") {
  CHECK(scep::deliverable(request(), {}));
  static const CertificatePtr ec =
      make_certificate({.key = key_of("device", "ec:P-256"), .common_name = "EC device"});
  const scep::PkiMessage to = request(
      [](MessageWish& wish) { wish.signer = Party{ec.get(), key_of("device", "ec:P-256")}; });
  CHECK(scep::deliverable(to, as_bytes("secret")));
  const Status verdict = scep::deliverable(to, {});
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == Errc::bad_alg);
  CHECK(verdict.error().reason == Reason::reply_undeliverable);
}

TEST_CASE("a signer whose key cannot decrypt gets its certificate under its password",
          "[scep][req:E9]") {
  static const CertificatePtr ec =
      make_certificate({.key = key_of("device", "ec:P-256"), .common_name = "EC device"});
  const scep::PkiMessage to = request(
      [](MessageWish& wish) { wish.signer = Party{ec.get(), key_of("device", "ec:P-256")}; });
  const auto cipher = GENERATE(crypto::Cipher::aes128_cbc, crypto::Cipher::aes192_cbc,
                               crypto::Cipher::aes256_cbc, crypto::Cipher::des_ede3_cbc);
  const std::string password = "8CE317021F690069";
  const Buffer reply =
      scep::write_success(ra().signer(), to, {.cipher = cipher}, as_bytes(password),
                          scep::write_certs_only({Bytes(issued())}))
          .value();
  const Buffer envelope = signed_content(reply).value();

  const Buffer plain = opened_by_password(envelope, password).value();
  CHECK(scep::read_certs_only(plain).value().front().der().size() == issued().size());

  const scep::AlgorithmPolicy policy;
  CHECK(to_buffer(scep::open_with_password(library(), envelope, policy, as_bytes(password))
                      .value()
                      .reveal()) == plain);
  const auto wrong = scep::open_with_password(library(), envelope, policy, as_bytes("other"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::bad_message_check);
}
