#include "scep/client.h"

#include "catch.h"
#include "make_certificate.h"
#include "scep/cert_rep.h"
#include "scep/judge.h"
#include "scep/make_message.h"
#include "scep/make_ra.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

const scep::Nonce nonce(16, 0x42);

Buffer request(const scep::RequestContent& content) {
  return scep::write_request(library(), content, core_certificate(ra_encryption()),
                             core_certificate(device()), core_key(device()))
      .value();
}
scep::RequestContent usual() {
  return {.transaction_id = "id", .sender_nonce = nonce, .message_data = request_in_messages()};
}

// Answers of the RA to the usual request.
struct Answers {
  crypto::Certificate certificate = core_certificate(ra_signing());
  crypto::PrivateKey key = core_key(ra_signing());
  scep::AlgorithmPolicy policy;
  scep::PkiMessage to = scep::read_pki_message(library(), request(usual()), {}).value();
  Buffer success(const scep::Profile& profile = scep::rfc8894_profile()) const {
    const Buffer issued = certificate_of(device());
    const Buffer ca = certificate_of(ra_encryption());
    return scep::write_success({library(), certificate, key, profile, policy}, to, {}, {},
                               scep::write_certs_only({Bytes(issued), Bytes(ca)}))
        .value();
  }
  Buffer failure(const scep::Profile& profile = scep::rfc8894_profile()) const {
    return scep::write_failure({library(), certificate, key, profile, policy}, to.correspondence,
                               scep::FailInfo::bad_request)
        .value();
  }
};

Result<scep::CertRep> read(const Buffer& reply, const Party& ra = ra_signing(),
                           const Party& who = device(), const std::string& id = "id",
                           const scep::Nonce& sent = nonce) {
  return scep::read_cert_rep(library(), reply,
                             {core_certificate(ra_encryption()), core_certificate(ra)},
                             {core_certificate(who), core_key(who), {}}, id, sent);
}
std::string refusal(const Result<scep::CertRep>& reply) {
  return reply ? "" : reply.error().detail;
}

}  // namespace

TEST_CASE("a request that we write verifies and opens in OpenSSL", "[scep][req:M1][req:R20]") {
  for (const auto cipher :
       {crypto::Cipher::des_ede3_cbc, crypto::Cipher::aes128_cbc, crypto::Cipher::aes256_cbc})
    for (const auto digest :
         {crypto::Digest::sha1, crypto::Digest::sha256, crypto::Digest::sha512}) {
      scep::RequestContent content = usual();
      content.cipher = cipher;
      content.digest = digest;
      const Buffer message = request(content);
      CHECK(der_of(openssl_cms(message).get(), i2d_CMS_ContentInfo) == message);
      const auto envelope = signed_content(message);
      REQUIRE(envelope);
      CHECK(opened(*envelope, ra_encryption()) == request_in_messages());
      const auto read_back = scep::read_pki_message(library(), message, {});
      REQUIRE(read_back);
      CHECK(read_back->type == scep::MessageType::pkcs_req);
      CHECK(read_back->correspondence.transaction_id == "id");
      CHECK(read_back->correspondence.sender_nonce == nonce);
      CHECK(read_back->correspondence.digest == digest);
    }
}

TEST_CASE("an answer to our request is read, under both profiles", "[scep]") {
  const Answers answers;
  for (const scep::Profile& profile : {scep::rfc8894_profile(), scep::ndes_profile()}) {
    const auto success = read(answers.success(profile));
    REQUIRE(success);
    CHECK(success->status == scep::PkiStatus::success);
    REQUIRE(success->certificates.size() == 2);
    CHECK(equal(success->certificates[0].der(), certificate_of(device())));
    const auto failure = read(answers.failure(profile));
    REQUIRE(failure);
    CHECK(failure->status == scep::PkiStatus::failure);
    CHECK(failure->fail_info == scep::FailInfo::bad_request);
    CHECK(failure->certificates.empty());
  }
  CHECK_FALSE(read(answers.failure())->fail_info_text.empty());
}

TEST_CASE("an answer that is not ours is refused", "[scep]") {
  const Answers answers;
  const Buffer success = answers.success();
  CHECK(refusal(read(success)).empty());
  CHECK(refusal(read(success, another_device())) ==
        "CertRep: not signed by an RA certificate of GetCACert");
  CHECK(refusal(read(success, ra_signing(), device(), "ID")) == "CertRep: another transactionID");
  CHECK(refusal(read(success, ra_signing(), device(), "id", scep::Nonce(16, 0x43))) ==
        "CertRep: another recipientNonce");
  CHECK_FALSE(read(success, ra_signing(), another_device()));
  CHECK_FALSE(read({}));
  CHECK(refusal(read(request(usual()), device())) == "CertRep: another messageType");
  Buffer changed = success;
  changed[changed.size() - 1] ^= 1;
  CHECK(refusal(read(changed)) == "CertRep: not signed by an RA certificate of GetCACert");
}

TEST_CASE("an answer must announce the digest that it is signed with", "[scep][case:C4]") {
  const auto reply = [](std::optional<std::vector<Node>> announced) {
    MessageWish wish = good_message();
    wish.signer = ra_signing();
    wish.with_content = false;
    wish.content = Buffer{};
    wish.announced = std::move(announced);
    wish.attribute(attribute::message_type).values = {{printable("3")}};
    wish.attribute(attribute::transaction_id).values = {{printable("id")}};
    wish.attributes.push_back({attribute::pki_status, {{printable("3")}}});
    wish.attributes.push_back({attribute::recipient_nonce, {{octets(nonce)}}});
    return make_message(wish);
  };
  CHECK(read(reply(std::nullopt)));
  for (const std::vector<Node>& announced :
       {std::vector<Node>{}, std::vector<Node>{algorithm("1.3.14.3.2.26")}})
    CHECK(refusal(read(reply(announced))) == "CertRep: digestAlgorithms lacks the signer's digest");
}

TEST_CASE("a reply made of SCEP's rarer parts is read or refused, never guessed",
          "[scep][req:F1]") {
  std::string digest = "SHA256";
  const auto reply = [&](const std::vector<AttributeWish>& more) {
    MessageWish wish = good_message();
    wish.signer = ra_signing();
    wish.digest = digest;
    wish.with_content = false;
    wish.content = Buffer{};
    wish.attributes = {{attribute::content_type, {{oid(wish.content_type)}}},
                       {attribute::message_digest},
                       {attribute::message_type, {{printable("3")}}},
                       {attribute::transaction_id, {{printable("id")}}},
                       {attribute::recipient_nonce, {{octets(nonce)}}}};
    wish.attributes.insert(wish.attributes.end(), more.begin(), more.end());
    return make_message(wish);
  };
  const auto status = [](const char* value) {
    return AttributeWish{attribute::pki_status, {{printable(value)}}};
  };
  const auto info = [](const char* value) {
    return AttributeWish{attribute::fail_info, {{printable(value)}}};
  };
  CHECK(read(reply({status("3")}))->status == scep::PkiStatus::pending);
  CHECK(read(reply({status("2"), info("4")}))->fail_info == scep::FailInfo::bad_cert_id);
  CHECK(refusal(read(reply({}))) == "CertRep: another pkiStatus");
  CHECK(refusal(read(reply({status("1")}))) == "CertRep: another pkiStatus");
  CHECK(refusal(read(reply({status("2")}))) == "CertRep: FAILURE without failInfo");
  CHECK(refusal(read(reply({status("2"), info("5")}))) == "CertRep: FAILURE without failInfo");
  CHECK(refusal(read(reply({status("2"), info("4"), info("4")}))) ==
        "CertRep: FAILURE without failInfo");
  CHECK(refusal(read(reply({status("0")}))) == "CertRep: SUCCESS without an envelope");
  CHECK(refusal(read(reply({status("3"), status("3")}))) == "CertRep: another pkiStatus");
  digest = "SHA1";
  CHECK(read(reply({status("3")}))->status == scep::PkiStatus::pending);
  digest = "MD5";
  CHECK(refusal(read(reply({status("3")}))) == "CertRep: signed with MD5");
}
