#include "scep/enveloped_data.h"

#include "catch.h"
#include "make_certificate.h"
#include "scep/judge.h"
#include "scep/make_ra.h"

using namespace scep_ra;
using namespace scep_ra::test;
using scep::AlgorithmPolicy;

namespace {

using Change = std::function<void(EnvelopeWish&)>;

const Buffer plaintext =
    to_buffer(as_bytes("a certification request, as far as the envelope knows"));

EnvelopeWish changed(const Change& change) {
  EnvelopeWish wish{.plaintext = plaintext};
  change(wish);
  return wish;
}
const std::vector<scep::Recipient>& ours() {
  static const std::vector<scep::Recipient> recipients = core_recipients({ra_encryption()});
  return recipients;
}

std::string refusal_of(const Error& error) {
  CHECK((error.code == Errc::bad_alg || error.code == Errc::bad_message_check));
  return (error.code == Errc::bad_alg ? "badAlg " : "badMessageCheck ") +
         std::string(word(error.reason));
}

// "opened" to the plaintext, "other" octets, "closed" by a private key that was used, or the
// refusal that came before any private key was. What opens here opens in OpenSSL too.
std::string outcome(const Buffer& envelope, const AlgorithmPolicy& policy = {},
                    const std::vector<scep::Recipient>& recipients = ours()) {
  const auto read = scep::read_enveloped_data(envelope, recipients, policy);
  CHECK(ERR_peek_error() == 0);
  if (!read) return refusal_of(read.error());
  const auto plain = scep::open_enveloped_data(library(), *read, recipients[read->recipient]);
  CHECK(ERR_peek_error() == 0);
  if (!plain) {
    CHECK(refusal_of(plain.error()) == "badMessageCheck envelope-unreadable");
    CHECK(plain.error().detail == "the envelope does not open");
    return "closed";
  }
  if (!equal(plain->reveal(), plaintext)) return "other";
  CHECK(opened(envelope, ra_encryption()) == plaintext);
  return "opened";
}
std::string outcome(const Change& change, const AlgorithmPolicy& policy = {}) {
  return outcome(make_envelope(changed(change)), policy);
}

// A key that nobody knows leaves good padding once in 256 times: then PKCS#10 decides.
std::string kept(const std::string& outcome) {
  return outcome == "closed" || outcome == "other" ? "kept" : outcome;
}

struct Row {
  std::string name;
  Change change;
  std::string expected;
};
void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(outcome(row.change) == row.expected);
  }
}

Change cipher(const std::string& name) {
  return [=](EnvelopeWish& wish) { wish.cipher = name; };
}
Change recipients(const std::vector<RecipientWish>& list) {
  return [=](EnvelopeWish& wish) { wish.recipients = list; };
}
Change recipient(const RecipientWish& one) {
  return recipients({one});
}
Change key_algorithm(const Node& algorithm) {
  return recipient({.key_algorithm = algorithm});
}
Change said_cipher(const std::string& oid, std::optional<std::vector<Node>> parameters = {}) {
  return [=](EnvelopeWish& wish) {
    wish.cipher_oid = oid;
    wish.cipher_parameters = parameters;
  };
}
Change iv_of(std::size_t size) {
  return [=](EnvelopeWish& wish) { wish.cipher_parameters = {{octets(Buffer(size))}}; };
}
Change spoil(const std::function<void(Buffer&)>& change) {
  return [=](EnvelopeWish& wish) { wish.spoil_ciphertext = change; };
}

const std::string bad_algorithm = "badAlg algorithm-not-allowed";
const std::string unreadable = "badMessageCheck envelope-unreadable";
const std::string unknown = "badMessageCheck recipient-unknown";

const std::string mgf1 = "1.2.840.113549.1.1.8";
const std::string oaep = "1.2.840.113549.1.1.7";
const std::string sha1 = "1.3.14.3.2.26";
const std::string sha256 = "2.16.840.1.101.3.4.2.1";
Node mask(const std::string& digest) {
  return tagged(1, {sequence({oid(mgf1), algorithm(digest)})});
}
Node oaep_with(const std::vector<Node>& parameters) {
  return sequence({oid(oaep), sequence(parameters)});
}

}  // namespace

TEST_CASE("envelopes of each allowed cipher open", "[scep][req:E1][req:E2][req:E3][req:M3]") {
  check({{"AES-128", cipher("AES-128-CBC"), "opened"},
         {"AES-192", cipher("AES-192-CBC"), "opened"},
         {"AES-256", cipher("AES-256-CBC"), "opened"},
         {"3DES", cipher("DES-EDE3-CBC"), "opened"},
         {"in pieces", [](EnvelopeWish& wish) { wish.form = Form::streaming; }, "opened"},
         {"another content type",
          [](EnvelopeWish& wish) { wish.content_type = "1.2.840.113549.1.7.6"; }, "opened"},
         {"version 2", [](EnvelopeWish& wish) { wish.version = 2; }, "opened"},
         {"unprotectedAttrs",
          [](EnvelopeWish& wish) {
            wish.behind = {tagged(1, {sequence({oid("1.2.3"), set({null()})})})};
          },
          "opened"}});
}

TEST_CASE("single DES and 3DES follow the operator's word", "[scep][req:E3][req:E6]") {
  CHECK(outcome(cipher("DES-CBC")) == bad_algorithm);
  CHECK(outcome(cipher("DES-CBC"), {.des = true}) == "opened");
  CHECK(outcome(cipher("DES-EDE3-CBC"), {.triple_des = false}) == bad_algorithm);
}

TEST_CASE("OAEP with SHA-1 or SHA-256 opens", "[scep][req:E5]") {
  CHECK(outcome(recipient({.oaep_digest = "SHA1"})) == "opened");
  CHECK(outcome(recipient({.oaep_digest = "SHA256"})) == "opened");
  // SHA-1 is the default that DER leaves out.
  CHECK(outcome(recipient({.oaep_digest = "SHA1", .key_algorithm = oaep_with({})})) == "opened");
  const Node no_label = tagged(2, {sequence({oid("1.2.840.113549.1.1.9"), octets({})})});
  CHECK(outcome(recipient({.oaep_digest = "SHA1", .key_algorithm = oaep_with({no_label})})) ==
        "opened");
}

TEST_CASE("odd OAEP parameters are refused, never read as PKCS#1", "[scep][req:E5][case:C8]") {
  const Node label = tagged(2, {sequence({oid("1.2.840.113549.1.1.9"), octets(Buffer{1})})});
  const Node hash = tagged(0, {algorithm(sha256)});
  check(
      {{"absent", key_algorithm(algorithm_without_parameters(oaep)), bad_algorithm},
       {"NULL", key_algorithm(algorithm(oaep)), bad_algorithm},
       {"SHA-384",
        key_algorithm(oaep_with(
            {tagged(0, {algorithm("2.16.840.1.101.3.4.2.2")}), mask("2.16.840.1.101.3.4.2.2")})),
        bad_algorithm},
       {"MD5",
        key_algorithm(
            oaep_with({tagged(0, {algorithm("1.2.840.113549.2.5")}), mask("1.2.840.113549.2.5")})),
        bad_algorithm},
       {"two digests", key_algorithm(oaep_with({hash})), bad_algorithm},
       {"a mask that is not MGF1", key_algorithm(oaep_with({hash, tagged(1, {algorithm(sha256)})})),
        bad_algorithm},
       {"MGF1 without digest", key_algorithm(oaep_with({hash, tagged(1, {sequence({oid(mgf1)})})})),
        bad_algorithm},
       {"a label", key_algorithm(oaep_with({label})), bad_algorithm},
       {"a label source of another kind",
        key_algorithm(oaep_with({tagged(2, {algorithm("1.2.3.4")})})), bad_algorithm},
       {"an unknown field", key_algorithm(oaep_with({tagged(3, {integer(1)})})), bad_algorithm},
       {"something behind a digest",
        key_algorithm(oaep_with({tagged(0, {algorithm(sha1), null()})})), bad_algorithm},
       {"a digest with odd parameters",
        key_algorithm(oaep_with({tagged(0, {sequence({oid(sha1), integer(1)})})})), bad_algorithm},
       {"something behind the parameters",
        key_algorithm(sequence({oid(oaep), sequence({}), null()})), bad_algorithm},
       {"no SEQUENCE", key_algorithm(sequence({oid(oaep), octets({})})), bad_algorithm}});
}

TEST_CASE("key transport of another kind is refused", "[scep][req:E4][case:C8]") {
  check({{"rsaEncryption without NULL",
          key_algorithm(algorithm_without_parameters("1.2.840.113549.1.1.1")), "opened"},
         {"rsaEncryption with parameters",
          key_algorithm(sequence({oid("1.2.840.113549.1.1.1"), integer(1)})), bad_algorithm},
         {"RSA-KEM", key_algorithm(algorithm("1.2.840.113549.1.9.16.3.14")), bad_algorithm},
         {"a digest", key_algorithm(algorithm(sha1)), bad_algorithm},
         {"nothing", key_algorithm(sequence({})), bad_algorithm}});
}

TEST_CASE("the recipient is one of ours by name, number or key identifier",
          "[scep][req:E8][req:C35]") {
  const auto ca_named = [](std::uint8_t string_type, const char* name) {
    const Node attribute = sequence({oid("2.5.4.3"), leaf(string_type, as_bytes(name))});
    return sequence({sequence({set({attribute})}), integer(1000)});
  };
  check(
      {{"by key identifier", recipient({.by_key_identifier = true}), "opened"},
       {"by another key identifier", recipient({.identifier = leaf(0x80, Buffer(20, 1))}), unknown},
       {"the name as UTF8String", recipient({.identifier = ca_named(0x0c, "Test CA")}), "opened"},
       {"another name", recipient({.identifier = ca_named(0x0c, "test ca")}), unknown},
       {"another certificate", recipient({.party = &ra_signing()}), unknown},
       {"a name without a number", recipient({.identifier = sequence({sequence({})})}), unknown},
       {"no identifier", recipient({.identifier = null()}), unknown}});
  // OpenSSL compares the names' octets after its own normalisation, so that it opens this one too.
  CHECK(outcome(recipient({.identifier = ca_named(0x13, "Test CA")})) == "opened");
}

TEST_CASE("of up to eight recipients exactly one is ours", "[scep][req:E8][case:C8]") {
  const RecipientWish we{};
  const RecipientWish other{.party = &another_device()};
  const auto others = [&](std::size_t number, std::vector<RecipientWish> behind) {
    behind.insert(behind.begin(), number, other);
    return behind;
  };
  check({{"none", recipients({}), unknown},
         {"ours first of two", recipients({we, other}), "opened"},
         {"ours last of eight", recipients(others(7, {we})), "opened"},
         {"nine", recipients(others(8, {we})), unreadable},
         {"nine, none ours", recipients(others(9, {})), unreadable},
         {"ours twice", recipients({we, we}), unknown},
         {"ours by name and by key identifier", recipients({we, {.by_key_identifier = true}}),
          unknown},
         {"64", recipients(std::vector<RecipientWish>(64, other)), unreadable}});
}

TEST_CASE("a certificate renewed with the same key is one recipient", "[scep][req:C34][req:C35]") {
  static const CertificatePtr renewed =
      make_certificate({.key = ra_encryption().key,
                        .common_name = "RA encryption",
                        .serial = "2000",
                        .extensions = {{"subjectKeyIdentifier", "hash"}}});
  const Party party{renewed.get(), ra_encryption().key};
  const auto both = core_recipients({party, ra_encryption()});
  CHECK(outcome(make_envelope(changed(recipient({.by_key_identifier = true}))), {}, both) ==
        "opened");
  CHECK(outcome(make_envelope(changed(recipient({}))), {}, both) == "opened");
  CHECK(outcome(make_envelope(changed(recipients({{}, {.party = &party}}))), {}, both) == unknown);
}

TEST_CASE("recipients of other kinds are passed over unread", "[scep][case:C8][req:S9]") {
  const RecipientWish we{};
  const auto kind = [](unsigned number) {
    return RecipientWish{.whole = tagged(number, {integer(3), octets(Buffer(300))})};
  };
  for (const unsigned number : {1U, 2U, 3U, 4U, 5U}) {
    INFO(number);
    CHECK(outcome(recipient(kind(number))) == unknown);
    const Buffer with_ours = make_envelope(changed(recipients({kind(number), we})));
    CHECK(scep::read_enveloped_data(with_ours, ours(), {}));
  }
  CHECK(outcome(recipient({.whole = sequence({integer(0)})})) == unreadable);
  CHECK(outcome(recipient({.whole = sequence({})})) == unreadable);
  CHECK(outcome(recipient({.whole = octets(Buffer(5))})) == unknown);
}

TEST_CASE("an encrypted key of another size never reaches the private key", "[scep][case:C8]") {
  for (const std::size_t size : {0UL, 1UL, 128UL, 255UL, 257UL, 512UL, 65536UL}) {
    INFO(size);
    CHECK(outcome(recipient({.encrypted_key = Buffer(size, 1)})) == unreadable);
  }
  CHECK(kept(outcome(recipient({.encrypted_key = Buffer(256, 1)}))) == "kept");
}

TEST_CASE("content encryption that is not CBC with its own IV is refused by its shape",
          "[scep][req:E15][case:C9]") {
  const std::string aes128_gcm = "2.16.840.1.101.3.4.1.6";
  const auto gcm = [&](std::size_t size) {
    return said_cipher(aes128_gcm, std::vector<Node>{sequence({octets(Buffer(size)), integer(1)})});
  };
  check({{"GCM, IV of 12", gcm(12), bad_algorithm},
         {"GCM, IV of 0", gcm(0), bad_algorithm},
         {"GCM, IV of 4096", gcm(4096), bad_algorithm},
         {"AuthEnvelopedData", [](EnvelopeWish& wish) { wish.type = "1.2.840.113549.1.9.16.1.23"; },
          bad_algorithm},
         {"RC2", said_cipher("1.2.840.113549.3.2"), bad_algorithm},
         {"RC4", said_cipher("1.2.840.113549.3.4"), bad_algorithm},
         {"CAST5", said_cipher("1.2.840.113533.7.66.10"), bad_algorithm},
         {"AES-128-ECB", said_cipher("2.16.840.1.101.3.4.1.1"), bad_algorithm},
         {"IV of 0", iv_of(0), bad_algorithm},
         {"IV of 8", iv_of(8), bad_algorithm},
         {"IV of 15", iv_of(15), bad_algorithm},
         {"IV of 17", iv_of(17), bad_algorithm},
         {"IV of 4096", iv_of(4096), bad_algorithm},
         {"no parameters", [](EnvelopeWish& wish) { wish.cipher_parameters = std::vector<Node>{}; },
          bad_algorithm},
         {"NULL", [](EnvelopeWish& wish) { wish.cipher_parameters = {{null()}}; }, bad_algorithm},
         {"something behind the IV",
          [](EnvelopeWish& wish) { wish.cipher_parameters = {{octets(Buffer(16)), null()}}; },
          bad_algorithm}});
}

TEST_CASE("ciphertext is there, in whole blocks and bounded", "[scep][req:E16][case:C9]") {
  check({{"absent", [](EnvelopeWish& wish) { wish.with_ciphertext = false; }, unreadable},
         {"empty", [](EnvelopeWish& wish) { wish.ciphertext = leaf(0x80, {}); }, unreadable},
         {"one octet", [](EnvelopeWish& wish) { wish.ciphertext = leaf(0x80, Buffer(1)); },
          unreadable},
         {"one octet too many", spoil([](Buffer& c) { c.push_back(0); }), unreadable},
         {"one octet too few", spoil([](Buffer& c) { c.pop_back(); }), unreadable},
         {"constructed of nothing", [](EnvelopeWish& wish) { wish.ciphertext = tagged(0, {}); },
          unreadable},
         {"constructed of another type",
          [](EnvelopeWish& wish) { wish.ciphertext = tagged(0, {sequence({})}); }, unreadable},
         {"a block more",
          [](EnvelopeWish& wish) { wish.ciphertext = leaf(0x80, Buffer(256 * 1024 + 16)); },
          unreadable},
         {"a block more of 3DES, which is slow",
          [](EnvelopeWish& wish) {
            wish.cipher = "DES-EDE3-CBC";
            wish.ciphertext = leaf(0x80, Buffer(64 * 1024 + 8));
          },
          unreadable}});
  CHECK(kept(outcome([](EnvelopeWish& wish) {
          wish.cipher = "DES-EDE3-CBC";
          wish.ciphertext = leaf(0x80, Buffer(64 * 1024));
        })) == "kept");
  CHECK(kept(outcome([](EnvelopeWish& wish) {
          wish.ciphertext = leaf(0x80, Buffer(256 * 1024));
        })) == "kept");
}

TEST_CASE("every failure behind the private key is the same", "[scep][req:E12][case:C6][case:C7]") {
  const std::pair<std::string, Change> rows[] = {
      {"a content key of 24 octets", [](EnvelopeWish& wish) { wish.content_key = Buffer(24, 1); }},
      {"a content key of 15 octets", [](EnvelopeWish& wish) { wish.content_key = Buffer(15, 1); }},
      {"an empty content key", [](EnvelopeWish& wish) { wish.content_key = Buffer{}; }},
      {"another content key", [](EnvelopeWish& wish) { wish.content_key = Buffer(16, 1); }},
      {"OAEP said, PKCS#1 done", key_algorithm(oaep_with({}))},
      {"another digest said",
       recipient({.oaep_digest = "SHA1",
                  .key_algorithm = oaep_with({tagged(0, {algorithm(sha256)}), mask(sha256)})})},
      {"the last block changed", spoil([](Buffer& c) { c.back() ^= 1; })}};
  for (const auto& [name, change] : rows) {
    INFO(name);
    CHECK(kept(outcome(change)) == "kept");
  }
  check({{"a number beyond the modulus", recipient({.encrypted_key = Buffer(256, 0xff)}), "closed"},
         {"the padding's length changed", spoil([](Buffer& c) { c[c.size() - 17] ^= 0x80; }),
          "closed"},
         {"one block left", spoil([](Buffer& c) { c.resize(16); }), "closed"},
         {"the first block changed", spoil([](Buffer& c) { c[0] ^= 1; }), "other"}});
}

TEST_CASE("the last blocks altered in all ways tell nothing", "[scep][case:C7]") {
  std::map<std::string, int> outcomes;
  for (int octet = 1; octet < 256; ++octet)
    for (const std::size_t back : {1UL, 16UL, 17UL, 32UL})
      ++outcomes[outcome(
          spoil([=](Buffer& c) { c[c.size() - back] ^= static_cast<std::uint8_t>(octet); }))];
  // What is not closed decrypts to something else, and PKCS#10 decides with the same answer.
  CHECK(outcomes["closed"] + outcomes["other"] == 4 * 255);
  CHECK(outcomes["closed"] > 500);
}

TEST_CASE("the whole EnvelopedData is one structure and nothing more", "[scep][case:P2]") {
  const Buffer good = make_envelope(changed([](EnvelopeWish&) {}));
  CHECK(outcome(good) == "opened");
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(outcome(to_buffer(Bytes(good).first(size))) == unreadable);
  Buffer behind = good;
  behind.push_back(0);
  CHECK(outcome(behind) == unreadable);
  const auto fields = [](std::vector<Node> content) {
    return encoded(sequence({oid("1.2.840.113549.1.7.3"), tagged(0, std::move(content))}));
  };
  CHECK(outcome(fields({})) == unreadable);
  CHECK(outcome(fields({sequence({})})) == unreadable);
  CHECK(outcome([](EnvelopeWish& wish) { wish.type = "1.2.840.113549.1.7.1"; }) == unreadable);
  CHECK(outcome([](EnvelopeWish& wish) { wish.behind = {null()}; }) == unreadable);
  CHECK(outcome(Buffer{}) == unreadable);

  // Something behind the fields, at each level.
  const Buffer fields_only = make_envelope_fields(changed([](EnvelopeWish&) {}));
  const Node type = oid("1.2.840.113549.1.7.3");
  const Node content = verbatim(fields_only);
  CHECK(outcome(encoded(sequence({type, tagged(0, {content})}))) == "opened");
  CHECK(outcome(encoded(sequence({type, tagged(0, {content}), null()}))) == unreadable);
  CHECK(outcome(encoded(sequence({type, tagged(0, {content, null()})}))) == unreadable);
}

TEST_CASE("an envelope that we write opens in OpenSSL", "[scep][req:E13][req:R12][req:R20]") {
  const auto recipient_certificate = core_certificate(device());
  const auto key =
      crypto::PublicKey::decode(library(), recipient_certificate.public_key_info()).value();
  for (const auto cipher : {crypto::Cipher::des_ede3_cbc, crypto::Cipher::aes128_cbc,
                            crypto::Cipher::aes192_cbc, crypto::Cipher::aes256_cbc})
    for (const auto transport : {crypto::KeyTransport::pkcs1, crypto::KeyTransport::oaep_sha1,
                                 crypto::KeyTransport::oaep_sha256}) {
      const Buffer envelope = scep::write_enveloped_data(library(), plaintext, {cipher, transport},
                                                         recipient_certificate, key)
                                  .value();
      CHECK(opened(envelope, device()) == plaintext);
      CHECK(opened(envelope, another_device()) != plaintext);
      const CmsPtr cms = openssl_cms(envelope);
      CHECK(der_of(cms.get(), i2d_CMS_ContentInfo) == envelope);
      STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms.get());
      REQUIRE(sk_CMS_RecipientInfo_num(infos) == 1);
      CHECK(CMS_RecipientInfo_ktri_cert_cmp(sk_CMS_RecipientInfo_value(infos, 0),
                                            device().certificate) == 0);
    }
}

TEST_CASE("two envelopes of the same content share nothing", "[scep]") {
  const auto certificate = core_certificate(device());
  const auto key = crypto::PublicKey::decode(library(), certificate.public_key_info()).value();
  const auto write = [&] {
    const auto recipients = core_recipients({device()});
    const Buffer envelope =
        scep::write_enveloped_data(library(), plaintext, {}, certificate, key).value();
    return scep::read_enveloped_data(envelope, recipients, {}).value();
  };
  const auto first = write();
  const auto second = write();
  CHECK(first.iv != second.iv);
  CHECK(first.encrypted_key != second.encrypted_key);
  CHECK(first.ciphertext != second.ciphertext);
}
