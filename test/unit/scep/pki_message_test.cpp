#include "scep/pki_message.h"

#include "catch.h"
#include "make_certificate.h"
#include "scep/judge.h"
#include "scep/make_cms.h"
#include "scep/make_message.h"
#include "scep/make_ra.h"

using namespace scep_ra;
using namespace scep_ra::test;
using scep::AlgorithmPolicy;

namespace {

using Change = std::function<void(MessageWish&)>;

MessageWish changed(const Change& change) {
  MessageWish wish = good_message();
  change(wish);
  return wish;
}

std::string fail_info_word(Errc code) {
  switch (scep::fail_info(code)) {
    case scep::FailInfo::bad_alg:
      return "badAlg ";
    case scep::FailInfo::bad_message_check:
      return "badMessageCheck ";
    case scep::FailInfo::bad_request:
      return "badRequest ";
    case scep::FailInfo::bad_time:
      return "badTime ";
    case scep::FailInfo::bad_cert_id:
      return "badCertId ";
  }
  return "?";
}

// What the client would get: the type that was accepted, "400", or the failInfo, with the reason.
// What we accept OpenSSL has to verify too, with the same content.
std::string outcome(const Buffer& message, const AlgorithmPolicy& policy = {}) {
  const auto read = scep::read_pki_message(library(), message, policy);
  CHECK(ERR_peek_error() == 0);
  if (read) {
    const auto content = signed_content(message);
    CHECK(content);
    CHECK((content && equal(*content, read->signed_data.content.value_or(Bytes{}))));
    return std::string(scep::word(read->type));
  }
  const Error& error = read.error().error;
  const std::string reason(word(error.reason));
  if (read.error().correspondence) return fail_info_word(error.code) + reason;
  CHECK(error.code == Errc::malformed);
  return "400 " + reason;
}
std::string outcome(const Change& change, const AlgorithmPolicy& policy = {}) {
  return outcome(make_message(changed(change)), policy);
}

struct Row {
  std::string name;
  Change change;
  std::string expected;
};
void check(const std::vector<Row>& rows, const AlgorithmPolicy& policy = {}) {
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(outcome(row.change, policy) == row.expected);
  }
}

Change value(const std::string& type, const Node& node) {
  return [=](MessageWish& wish) { wish.attribute(type).values = {{node}}; };
}
Change values(const std::string& type, const std::vector<Node>& nodes) {
  return [=](MessageWish& wish) { wish.attribute(type).values = nodes; };
}
Change absent(const std::string& type) {
  return [=](MessageWish& wish) { wish.without(type); };
}
Change twice(const std::string& type) {
  return [=](MessageWish& wish) { wish.attributes.push_back(wish.attribute(type)); };
}
Change also(const std::string& type, const Node& node) {
  return [=](MessageWish& wish) { wish.attributes.push_back({type, {{node}}}); };
}

// A party whose certificate is kept for the rest of the process.
Party party(const CertificateWish& wish, EVP_PKEY* signing_key) {
  static std::vector<CertificatePtr> kept;
  kept.push_back(make_certificate(wish));
  return {kept.back().get(), signing_key};
}
Party self_signed(const std::string& key_type) {
  EVP_PKEY* key = key_of("signer", key_type);
  return party({.key = key, .digest = key_type == "ed25519" ? nullptr : "SHA256"}, key);
}
Change signed_by(const Party& signer) {
  return [=](MessageWish& wish) { wish.signer = signer; };
}
// A certificate with a public key that is never worked with.
Party with_key(EVP_PKEY* key) {
  return party({.key = key, .issuer_key = device().key}, device().key);
}
Change rsa_of(unsigned bits) {
  return [=](MessageWish& wish) {
    Buffer modulus((bits + 7) / 8, 0xa7);
    Buffer exponent{1, 0, 1};
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_BN("n", modulus.data(), modulus.size()),
                               OSSL_PARAM_construct_BN("e", exponent.data(), exponent.size()),
                               OSSL_PARAM_construct_end()};
    const KeyContextPtr context(made(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)));
    done(EVP_PKEY_fromdata_init(context.get()));
    EVP_PKEY* key = nullptr;
    done(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters));
    const KeyPtr owner(key);
    wish.signer = with_key(key);
  };
}

Buffer empty_crl() {
  const std::unique_ptr<X509_CRL, Release<X509_CRL_free>> crl(made(X509_CRL_new()));
  done(X509_CRL_set_version(crl.get(), 1));
  done(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(device().certificate)));
  const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> now(made(ASN1_TIME_set(nullptr, 0)));
  done(X509_CRL_set1_lastUpdate(crl.get(), now.get()));
  done(X509_CRL_sign(crl.get(), device().key, EVP_sha256()));
  return der_of(crl.get(), i2d_X509_CRL);
}

const Node number_19 = integer(19);
const Node nonsense = octets(Buffer{1, 2, 3});
const std::string bad_request = "badRequest attribute-invalid";
const std::string bad_type = "badRequest message-type-unknown";
const std::string no_transaction = "400 attribute-invalid";
const std::string bad_signature = "badMessageCheck signature-invalid";
const std::string bad_signer = "badRequest signer-invalid";
const std::string bad_algorithm = "badAlg algorithm-not-allowed";

}  // namespace

TEST_CASE("a good message is read with everything an answer needs", "[scep][req:M1]") {
  const auto read = scep::read_pki_message(library(), make_message(good_message()), {});
  REQUIRE(read);
  CHECK(read->type == scep::MessageType::pkcs_req);
  CHECK(read->correspondence.transaction_id == transaction_of_messages);
  CHECK(read->correspondence.sender_nonce == nonce_of_messages());
  CHECK(read->correspondence.digest == crypto::Digest::sha256);
  CHECK(equal(read->signer().der(), certificate_of(device())));
  CHECK(equal(read->signer_key.info(), read->signer().public_key_info()));
}

TEST_CASE("messages as clients write them are accepted",
          "[scep][req:M1][req:M2][req:M3][req:M4][req:M20][req:M21]") {
  const std::string enveloped = "1.2.840.113549.1.7.3";
  check(
      {{"as it is", [](MessageWish&) {}, "PKCSReq"},
       {"M2: eContentType envelopedData",
        [&](MessageWish& wish) {
          wish.content_type = enveloped;
          wish.attribute(attribute::content_type).values = {{oid(enveloped)}};
        },
        "PKCSReq"},
       {"M3: indefinite lengths outside", [](MessageWish& wish) { wish.form = Form::streaming; },
        "PKCSReq"},
       {"M3: indefinite lengths inside",
        [](MessageWish& wish) { wish.envelope.form = Form::streaming; }, "PKCSReq"},
       {"M3: indefinite lengths everywhere",
        [](MessageWish& wish) { wish.form = wish.envelope.form = Form::streaming; }, "PKCSReq"},
       {"M4: attributes not sorted", [](MessageWish& wish) { wish.sorted = false; }, "PKCSReq"},
       {"M20: signingTime long ago",
        also("1.2.840.113549.1.9.5", leaf(0x17, as_bytes("700101000000Z"))), "PKCSReq"},
       {"M21: Microsoft's attribute", also("1.3.6.1.4.1.311.21.37", printable("x")), "PKCSReq"},
       {"M21: randomNonce", also("1.2.840.113549.1.9.25.3", octets(Buffer(16))), "PKCSReq"},
       {"M21: an unsigned attribute",
        [](MessageWish& wish) { wish.unsigned_attributes = {{"1.2.3.4", {{null()}}}}; }, "PKCSReq"},
       {"a CRL in the bag",
        [](MessageWish& wish) { wish.before_signers = {tagged(1, {verbatim(empty_crl())})}; },
        "PKCSReq"}});
}

TEST_CASE("a request of OpenSSL's own CMS writer is read and opened, streamed too",
          "[scep][req:M1][req:M3]") {
  const auto recipients = core_recipients({ra_encryption()});
  for (const bool streaming : {false, true}) {
    const Buffer message = request_by_openssl_cms(streaming);
    CHECK((message[1] == 0x80) == streaming);
    CHECK(outcome(message) == "PKCSReq");
    const auto read = scep::read_pki_message(library(), message, {});
    REQUIRE(read);
    CHECK(read->correspondence.transaction_id == transaction_of_messages);
    CHECK(read->correspondence.sender_nonce == nonce_of_messages());
    const Bytes envelope = *read->signed_data.content;
    CHECK((envelope[1] == 0x80) == streaming);
    const auto data = scep::read_enveloped_data(envelope, recipients, {});
    REQUIRE(data);
    const auto plain = scep::open_enveloped_data(library(), *data, recipients[0]);
    REQUIRE(plain);
    CHECK(equal(plain->reveal(), request_in_messages()));
  }
}

TEST_CASE("contentType and messageDigest are there once and true",
          "[scep][req:M5][case:C1][case:C3]") {
  using namespace test::attribute;
  check({{"contentType absent", absent(content_type), bad_signature},
         {"contentType twice", twice(content_type), bad_signature},
         {"contentType with two values",
          values(content_type, {oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.1")}),
          bad_signature},
         {"contentType without a value", values(content_type, {}), bad_signature},
         {"contentType of another content", value(content_type, oid("1.2.840.113549.1.7.3")),
          bad_signature},
         {"contentType as text", value(content_type, printable("1.2.840.113549.1.7.1")),
          bad_signature},
         {"messageDigest absent", absent(message_digest), bad_signature},
         {"messageDigest twice", twice(message_digest), bad_signature},
         {"messageDigest with two values",
          values(message_digest, {octets(Buffer(32)), octets(Buffer(32))}), bad_signature},
         {"messageDigest of something else", value(message_digest, octets(Buffer(32))),
          bad_signature},
         {"messageDigest cut", value(message_digest, octets(Buffer(31))), bad_signature},
         {"messageDigest empty", value(message_digest, octets({})), bad_signature},
         {"messageDigest as text", value(message_digest, printable("x")), bad_signature}});
}

TEST_CASE("a SCEP attribute comes once and has one value", "[scep][req:M6][case:C3]") {
  using namespace test::attribute;
  check(
      {{"messageType twice", twice(message_type), bad_request},
       {"messageType twice, the second another", also(message_type, printable("17")), bad_request},
       {"messageType with two values", values(message_type, {printable("19"), printable("19")}),
        bad_request},
       {"messageType without a value", values(message_type, {}), bad_request},
       {"transactionID twice", twice(transaction_id), no_transaction},
       {"transactionID with two values", values(transaction_id, {printable("A"), printable("B")}),
        no_transaction},
       {"transactionID without a value", values(transaction_id, {}), no_transaction},
       {"senderNonce twice", twice(sender_nonce), bad_request},
       {"senderNonce with two values",
        values(sender_nonce, {octets(Buffer(16)), octets(Buffer(16))}), bad_request},
       {"senderNonce without a value", values(sender_nonce, {}), bad_request},
       {"recipientNonce with two values",
        [](MessageWish& wish) {
          wish.attributes.push_back({recipient_nonce, {{octets(Buffer(16)), octets(Buffer(16))}}});
        },
        bad_request},
       {"pkiStatus twice",
        [](MessageWish& wish) {
          wish.attributes.push_back({pki_status, {{printable("0")}}});
          wish.attributes.push_back({pki_status, {{printable("2")}}});
        },
        bad_request},
       {"failInfo once", also(fail_info, printable("0")), "PKCSReq"}});
}

TEST_CASE("messageType is read in each string type that clients use, and no other",
          "[scep][req:M7][req:M8][case:C3]") {
  const auto type = [](const Node& node) { return value(test::attribute::message_type, node); };
  check({{"absent", absent(test::attribute::message_type), bad_request},
         {"UTF8String", type(leaf(0x0c, as_bytes("19"))), "PKCSReq"},
         {"IA5String", type(leaf(0x16, as_bytes("19"))), "PKCSReq"},
         {"INTEGER", type(number_19), "PKCSReq"},
         {"blanks around it", type(printable(" 19 ")), "PKCSReq"},
         {"three digits", type(printable("019")), bad_type},
         {"a blank inside", type(printable("1 9")), bad_type},
         {"a sign", type(printable("+19")), bad_type},
         {"letters", type(printable("1a")), bad_type},
         {"hex", type(printable("13")), bad_type},
         {"empty", type(printable("")), bad_type},
         {"a NUL behind", type(leaf(0x13, as_bytes(std::string_view("19\0", 3)))), bad_type},
         {"4 KiB", type(printable(std::string(4096, '1'))), bad_type},
         {"64 KiB", type(printable(std::string(65536, '1'))), bad_type},
         {"OCTET STRING", type(octets(as_bytes("19"))), bad_type},
         {"BMPString", type(leaf(0x1e, as_bytes(std::string_view("\0001\0009", 4)))), bad_type},
         {"SEQUENCE", type(sequence({number_19})), bad_type},
         {"INTEGER of two octets", type(integer(19 * 256)), bad_type},
         {"negative INTEGER", type(integer(-237)), bad_type},
         {"ENUMERATED", type(leaf(0x0a, Buffer{19})), bad_type}});
}

TEST_CASE("of all message types five are read, everything else is refused",
          "[scep][req:M9][case:A1]") {
  const std::map<int, std::string> known{
      {17, "RenewalReq"}, {19, "PKCSReq"}, {20, "CertPoll"}, {21, "GetCert"}, {22, "GetCRL"}};
  for (int number = 0; number <= 255; ++number) {
    const std::string text = std::to_string(number);
    INFO(text);
    const auto expected = known.contains(number) ? known.at(number) : bad_type;
    CHECK(outcome(value(test::attribute::message_type, printable(text))) == expected);
  }
  for (const long number : {3L, 18L, 99L, 100L, 127L})
    CHECK(outcome(value(test::attribute::message_type, integer(number))) == bad_type);
}

TEST_CASE("transaction identifiers are opaque and come back as they were", "[scep][req:M10]") {
  for (const std::string& id :
       {std::string("A13090761A30F66664F85D37433D2065E1112BA1"), std::string(32, 'F'),
        std::string(64, 'a'), std::string("HVvzN0228V+AW+dUuDe8OPyDXD0="),
        std::string("7XXEY-ERLPU-2JDR9"), std::string("SSCEP transactionId"), std::string("1"),
        std::string(255, 'x'), std::string("a\nb\"<>\xff"), std::string("a\0b", 3)}) {
    const Buffer message =
        make_message(changed(value(test::attribute::transaction_id, printable(id))));
    const auto read = scep::read_pki_message(library(), message, {});
    REQUIRE(read);
    CHECK(read->correspondence.transaction_id == id);
  }
}

TEST_CASE("without a usable transaction identifier no answer can be addressed",
          "[scep][req:M10][req:F5][case:C3]") {
  const auto id = [](const Node& node) { return value(test::attribute::transaction_id, node); };
  check({{"absent", absent(test::attribute::transaction_id), no_transaction},
         {"empty", id(printable("")), no_transaction},
         {"256 octets", id(printable(std::string(256, 'x'))), no_transaction},
         {"64 KiB", id(printable(std::string(65536, 'x'))), no_transaction},
         {"OCTET STRING", id(octets(as_bytes("ABC"))), no_transaction},
         {"INTEGER", id(integer(7)), no_transaction},
         {"SEQUENCE", id(sequence({})), no_transaction},
         {"BMPString", id(leaf(0x1e, as_bytes(std::string_view("\0A", 2)))), no_transaction},
         {"UTF8String", id(leaf(0x0c, as_bytes("ABC"))), "PKCSReq"},
         {"IA5String", id(leaf(0x16, as_bytes("ABC"))), "PKCSReq"}});
}

TEST_CASE("a sender nonce of 1 to 64 octets is echoed, an absent one too",
          "[scep][req:M12][req:M13][case:C3]") {
  const auto nonce = [](const Node& node) { return value(test::attribute::sender_nonce, node); };
  for (const std::size_t size : {1UL, 8UL, 15UL, 16UL, 17UL, 64UL}) {
    const auto read = scep::read_pki_message(
        library(), make_message(changed(nonce(octets(Buffer(size, 9))))), {});
    REQUIRE(read);
    CHECK(read->correspondence.sender_nonce == Buffer(size, 9));
  }
  const auto without = scep::read_pki_message(
      library(), make_message(changed(absent(test::attribute::sender_nonce))), {});
  REQUIRE(without);
  CHECK_FALSE(without->correspondence.sender_nonce);
  check({{"empty", nonce(octets({})), bad_request},
         {"65 octets", nonce(octets(Buffer(65))), bad_request},
         {"64 KiB", nonce(octets(Buffer(65536))), bad_request},
         {"text", nonce(printable("sixteen octets!!")), bad_request},
         {"INTEGER", nonce(integer(7)), bad_request}});
}

TEST_CASE("the signer's certificate is in the bag, wherever", "[scep][req:M14][case:C4]") {
  const Buffer own = certificate_of(device());
  const Buffer other = certificate_of(another_device());
  const auto bag = [](std::vector<Buffer> certificates) -> Change {
    return [=](MessageWish& wish) { wish.certificates = certificates; };
  };
  check(
      {{"first of two", bag({own, other}), "PKCSReq"},
       {"last of two", bag({other, own}), "PKCSReq"},
       {"by subjectKeyIdentifier", [](MessageWish& wish) { wish.by_key_identifier = true; },
        "PKCSReq"},
       {"by an unknown subjectKeyIdentifier",
        [](MessageWish& wish) { wish.signer_identifier = leaf(0x80, Buffer(20, 1)); }, bad_signer},
       {"no certificate", bag({}), bad_signer},
       {"another certificate", bag({other}), bad_signer},
       {"the same issuer and serial with another key",
        bag({der_of_certificate(
            make_certificate({.key = another_device().key, .serial = "7"}).get())}),
        bad_signature},
       {"sixteen", bag(std::vector<Buffer>(16, own)), "PKCSReq"},
       {"seventeen", bag(std::vector<Buffer>(17, own)), "400 message-unreadable"}});
  // OpenSSL reads every certificate of the bag; for us only the signer's has to be one.
  const Buffer message = make_message(changed(bag({encoded(sequence({nonsense})), own})));
  CHECK(scep::read_pki_message(library(), message, {}));
}

TEST_CASE("there is exactly one signer, and its digest is announced", "[scep][req:M15][case:C4]") {
  const auto announced = [](std::vector<Node> digests) -> Change {
    return [=](MessageWish& wish) { wish.announced = digests; };
  };
  const Node sha1 = algorithm("1.3.14.3.2.26");
  const Node sha256 = algorithm("2.16.840.1.101.3.4.2.1");
  check({{"none", [](MessageWish& wish) { wish.signers = 0; }, no_transaction},
         {"two", [](MessageWish& wish) { wish.signers = 2; }, bad_signer},
         {"sixty-four", [](MessageWish& wish) { wish.signers = 64; }, bad_signer},
         {"no digest announced", announced({}), bad_signer},
         {"another digest announced", announced({sha1}), bad_signer},
         {"two digests announced", announced({sha1, sha256}), "PKCSReq"}});
}

TEST_CASE("one changed bit of signature, content or key is noticed", "[scep][req:M16][case:C1]") {
  check({{"the signature's first bit",
          [](MessageWish& wish) { wish.spoil_signature = [](Buffer& s) { s[0] ^= 0x01; }; },
          bad_signature},
         {"the signature's last bit",
          [](MessageWish& wish) { wish.spoil_signature = [](Buffer& s) { s.back() ^= 1; }; },
          bad_signature},
         {"an empty signature",
          [](MessageWish& wish) { wish.spoil_signature = [](Buffer& s) { s.clear(); }; },
          bad_signature},
         {"a longer signature",
          [](MessageWish& wish) { wish.spoil_signature = [](Buffer& s) { s.push_back(0); }; },
          bad_signature},
         {"a signature over the content alone",
          [](MessageWish& wish) { wish.with_attributes = false; }, no_transaction}});
  const Buffer good = make_message(good_message());
  const Buffer nonce = nonce_of_messages();
  Buffer other_nonce = good;
  *std::ranges::search(other_nonce, nonce).begin() ^= 1;
  CHECK(outcome(other_nonce) == bad_signature);
  Buffer other_transaction = good;
  *std::ranges::search(other_transaction, as_bytes(transaction_of_messages)).begin() ^= 1;
  CHECK(outcome(other_transaction) == bad_signature);
}

TEST_CASE("what a signer's certificate says of its use and its dates does not count",
          "[scep][req:M17][req:M18][req:S10]") {
  EVP_PKEY* key = device().key;
  const auto with = [&](CertificateWish wish) {
    wish.key = key;
    return signed_by(party(wish, key));
  };
  check(
      {{"M17: key agreement only", with({.extensions = {{"keyUsage", "critical,keyAgreement"}}}),
        "PKCSReq"},
       {"M17: expired", with({.valid_from = -2000000, .valid_until = -1000000}), "PKCSReq"},
       {"M17: not yet valid", with({.valid_from = 1000000, .valid_until = 2000000}), "PKCSReq"},
       {"M18: version 1", with({.version = 0}), "PKCSReq"},
       {"M18: serial 0", with({.serial = "0"}), "PKCSReq"},
       {"M18: negative serial", with({.serial = "-5"}), "PKCSReq"},
       {"M18: empty subject", with({.common_name = ""}), "PKCSReq"},
       {"M18: unknown critical extension", with({.extensions = {{"1.2.3.4", "critical,DER:0500"}}}),
        "PKCSReq"},
       {"M18: signed with MD5", with({.digest = "MD5"}), "PKCSReq"},
       {"M18: a serial of 20 octets",
        with({.serial = "730750818665451459101842416358141509827966271487"}), "PKCSReq"},
       {"P8: a serial of 64 octets",
        with({.serial =
                  "33519519824856492748935062495514615318698414551480983444308903609304410075183867"
                  "44200468574541725856922507964546621512713438470702986642486608412251521024"}),
        bad_signer},
       {"M18: a serial of 33 octets",
        with({.serial =
                  "57896044618658097711785492504343953926634992332820282019728792003956564819969"}),
        "PKCSReq"},
       {"S10: an address to fetch",
        with({.extensions = {{"authorityInfoAccess", "caIssuers;URI:http://127.0.0.1:1/ca"}}}),
        "PKCSReq"}});
}

TEST_CASE("the digests and signature algorithms of SCEP are verified", "[scep][req:M19][case:C5]") {
  const auto digest = [](const std::string& name) -> Change {
    return [=](MessageWish& wish) { wish.digest = name; };
  };
  const auto says = [](const Node& signature) -> Change {
    return [=](MessageWish& wish) { wish.signature_algorithm = signature; };
  };
  const auto ec = [](const std::string& curve, const std::string& name) -> Change {
    return [=](MessageWish& wish) {
      wish.signer = self_signed(curve);
      wish.digest = name;
    };
  };
  const std::string sha256_with_rsa = "1.2.840.113549.1.1.11";
  check({{"SHA-1", digest("SHA1"), "PKCSReq"},
         {"SHA-384", digest("SHA384"), "PKCSReq"},
         {"SHA-512", digest("SHA512"), "PKCSReq"},
         {"SHA-224", digest("SHA224"), bad_algorithm},
         {"SHA3-256", digest("SHA3-256"), bad_algorithm},
         {"sha256WithRSAEncryption", says(algorithm(sha256_with_rsa)), "PKCSReq"},
         {"sha256WithRSAEncryption without NULL",
          says(algorithm_without_parameters(sha256_with_rsa)), "PKCSReq"},
         {"rsaEncryption without NULL", says(algorithm_without_parameters("1.2.840.113549.1.1.1")),
          "PKCSReq"},
         {"the digest without NULL",
          [](MessageWish& wish) {
            wish.digest_algorithm = algorithm_without_parameters("2.16.840.1.101.3.4.2.1");
          },
          "PKCSReq"},
         {"the digest with odd parameters",
          [](MessageWish& wish) {
            wish.digest_algorithm = sequence({oid("2.16.840.1.101.3.4.2.1"), integer(1)});
          },
          bad_algorithm},
         {"RSASSA-PSS", [](MessageWish& wish) { wish.pss = true; }, "PKCSReq"},
         {"RSASSA-PSS without parameters",
          says(algorithm_without_parameters("1.2.840.113549.1.1.10")), bad_algorithm},
         {"sha512WithRSA over a SHA-256 digest", says(algorithm("1.2.840.113549.1.1.13")),
          bad_signature},
         {"MD2", says(algorithm("1.2.840.113549.1.1.2")), bad_algorithm},
         {"nonsense", says(algorithm("1.2.3.4")), bad_algorithm},
         {"no algorithm", says(sequence({})), bad_algorithm},
         {"ECDSA named, RSA key", says(algorithm_without_parameters("1.2.840.10045.4.3.2")),
          bad_signature},
         {"P-256 with SHA-256", ec("ec:P-256", "SHA256"), "PKCSReq"},
         {"P-384 with SHA-384", ec("ec:P-384", "SHA384"), "PKCSReq"},
         {"P-521 with SHA-512", ec("ec:P-521", "SHA512"), "PKCSReq"},
         {"P-256 with SHA-1", ec("ec:P-256", "SHA1"), "PKCSReq"}});
}

TEST_CASE("weak algorithms need the operator's word", "[scep][req:E6][req:S1][case:C5]") {
  const Change md5 = [](MessageWish& wish) { wish.digest = "MD5"; };
  const Change sha1 = [](MessageWish& wish) { wish.digest = "SHA1"; };
  CHECK(outcome(md5) == bad_algorithm);
  CHECK(outcome(md5, {.md5 = true}) == "PKCSReq");
  CHECK(outcome(sha1) == "PKCSReq");
  CHECK(outcome(sha1, {.sha1 = false}) == bad_algorithm);
  // The digest may be a good one while the signature names a weak one.
  const Change weak_signature = [](MessageWish& wish) {
    wish.signature_algorithm = algorithm("1.2.840.113549.1.1.4");
  };
  CHECK(outcome(weak_signature) == bad_algorithm);
}

TEST_CASE("a signer's key of another kind or size is refused before any work on it",
          "[scep][case:C5][case:P5]") {
  const std::string not_allowed = "badAlg key-not-allowed";
  const std::string too_short = "badAlg key-too-short";
  const auto rsa_named = [](const Party& signer) -> Change {
    return [=](MessageWish& wish) { wish.signer = Party{signer.certificate, device().key}; };
  };
  check({{"RSA 16384", rsa_of(16384), not_allowed},
         {"RSA 4104", rsa_of(4104), not_allowed},
         {"RSA 512", rsa_of(512), too_short},
         {"RSA 2040", rsa_of(2040), too_short},
         {"DSA", rsa_named(self_signed("dsa")), not_allowed},
         {"Ed25519", rsa_named(self_signed("ed25519")), not_allowed},
         {"Ed25519 by its own name", signed_by(self_signed("ed25519")), bad_algorithm},
         {"secp256k1", signed_by(self_signed("ec:secp256k1")), not_allowed}});
}

TEST_CASE("1024 bits sign only where a template allows them", "[scep][req:E16]") {
  const Change small = signed_by(self_signed("rsa:1024"));
  CHECK(outcome(small) == "badAlg key-too-short");
  CHECK(outcome(small, {.minimum_rsa_bits = 1024}) == "PKCSReq");
  CHECK(outcome(signed_by(self_signed("rsa:3072")), {.minimum_rsa_bits = 3072}) == "PKCSReq");
}

TEST_CASE("a request without an envelope is refused", "[scep][req:M23]") {
  const std::string no_envelope = "badRequest message-unreadable";
  check({{"no eContent",
          [](MessageWish& wish) {
            wish.with_content = false;
            wish.content = Buffer{};
          },
          no_envelope},
         {"an empty eContent", [](MessageWish& wish) { wish.content = Buffer{}; }, no_envelope},
         {"content of another type",
          [](MessageWish& wish) {
            wish.content_type = "1.2.840.113549.1.7.6";
            wish.attribute(attribute::content_type).values = {{oid("1.2.840.113549.1.7.6")}};
          },
          no_envelope}});
}

TEST_CASE("only what is signed counts", "[scep][req:S11]") {
  using namespace test::attribute;
  const auto moved_out = [](const std::string& type) -> Change {
    return [=](MessageWish& wish) {
      wish.unsigned_attributes = {wish.attribute(type)};
      wish.without(type);
    };
  };
  check(
      {{"messageType", moved_out(message_type), bad_request},
       {"transactionID", moved_out(transaction_id), no_transaction},
       {"an unsigned second messageType",
        [](MessageWish& wish) { wish.unsigned_attributes = {{message_type, {{printable("17")}}}}; },
        "PKCSReq"}});
  const auto read =
      scep::read_pki_message(library(), make_message(changed(moved_out(sender_nonce))), {});
  REQUIRE(read);
  CHECK_FALSE(read->correspondence.sender_nonce);
}

TEST_CASE("line ends behind the message are ignored, anything else is not", "[scep][req:T26]") {
  const auto behind = [](Buffer octets) -> Change {
    return [=](MessageWish& wish) { wish.behind = octets; };
  };
  check({{"CR LF", behind({'\r', '\n'}), "PKCSReq"},
         {"NUL and blank", behind({0, ' '}), "PKCSReq"},
         {"a letter", behind({'x'}), "400 message-unreadable"},
         {"blank, then a letter", behind({'\n', 'x'}), "400 message-unreadable"},
         {"a second message", behind({0x30, 0}), "400 message-unreadable"}});
}

TEST_CASE("what is no SignedData gets no CertRep", "[scep][req:F5][req:T24][case:P1]") {
  const std::string unreadable = "400 message-unreadable";
  CHECK(outcome(Buffer{}) == unreadable);
  CHECK(outcome(Buffer{0x30}) == unreadable);
  CHECK(outcome(Buffer{0x30, 0x80, 0, 0}) == unreadable);
  CHECK(outcome(Buffer(1000, 0x41)) == unreadable);
  CHECK(outcome(make_envelope({.plaintext = request_in_messages()})) == unreadable);
  CHECK(outcome([](MessageWish& wish) { wish.type = "1.2.840.113549.1.9.16.1.9"; }) ==
        unreadable);  // CompressedData
  CHECK(outcome([](MessageWish& wish) { wish.before_signers = {tagged(1, {}), tagged(1, {})}; }) ==
        unreadable);
}

TEST_CASE("attributes end at 64", "[scep][case:P4]") {
  const auto more = [](unsigned count) -> Change {
    return [=](MessageWish& wish) {
      for (unsigned number = 0; number < count; ++number)
        wish.attributes.push_back({"1.2.3." + std::to_string(number), {{null()}}});
    };
  };
  CHECK(outcome(more(59)) == "PKCSReq");
  CHECK(outcome(more(60)) == "400 message-unreadable");
  CHECK(outcome(more(5000)) == "400 message-unreadable");
}

TEST_CASE("the first failure in the fixed order decides", "[scep][req:F7]") {
  const auto both = [](Change first, Change second) -> Change {
    return [=](MessageWish& wish) {
      first(wish);
      second(wish);
    };
  };
  const Change wrong_signature = [](MessageWish& wish) {
    wish.spoil_signature = [](Buffer& s) { s[9] ^= 1; };
  };
  const Change weak_digest = [](MessageWish& wish) { wish.digest = "MD5"; };
  const Change wrong_type = value(test::attribute::message_type, printable("18"));
  CHECK(outcome(both(weak_digest, wrong_signature)) == bad_algorithm);
  CHECK(outcome(both(wrong_type, weak_digest)) == bad_type);
  CHECK(outcome(both(absent(test::attribute::transaction_id), wrong_type)) == no_transaction);
}

TEST_CASE("a refusal can be answered with what the request said", "[scep][req:F5][req:R18]") {
  const auto refused = [](const Change& change) {
    const auto read = scep::read_pki_message(library(), make_message(changed(change)), {});
    REQUIRE_FALSE(read);
    return read.error();
  };
  const auto flaw = refused([](MessageWish& wish) {
    wish.digest = "SHA1";
    wish.spoil_signature = [](Buffer& s) { s[9] ^= 1; };
  });
  REQUIRE(flaw.correspondence);
  CHECK(flaw.correspondence->transaction_id == transaction_of_messages);
  CHECK(flaw.correspondence->sender_nonce == nonce_of_messages());
  CHECK(flaw.correspondence->digest == crypto::Digest::sha1);
  CHECK(flaw.message_type == "19");
  CHECK(refused(value(test::attribute::message_type, printable("18"))).message_type == "18");
  CHECK_FALSE(refused([](MessageWish& wish) { wish.digest = "SHA3-256"; }).correspondence->digest);
}
