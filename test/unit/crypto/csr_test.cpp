#include "crypto/csr.h"

#include "asn1/writer.h"
#include "base/hex.h"
#include "catch.h"
#include "crypto/certificate_writer.h"
#include "crypto/make_library.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;
namespace oid = scep_ra::asn1::oid;
namespace tag = scep_ra::asn1::tag;

namespace {

void set_common_name(X509_REQ* request, const char* name) {
  done(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(name), -1, -1, 0));
}

// A request by OpenSSL, with whatever `add` adds.
Buffer request_by_openssl(auto add) {
  const RequestPtr request(made(X509_REQ_new()));
  done(X509_REQ_set_version(request.get(), 0));
  set_common_name(request.get(), "device");
  done(X509_REQ_set_pubkey(request.get(), key_of("device")));
  add(request.get());
  done(X509_REQ_sign(request.get(), key_of("device"), EVP_sha256()));
  return der_of(request.get(), i2d_X509_REQ);
}
Buffer with_password(int type, std::string_view octets) {
  return request_by_openssl([&](X509_REQ* request) {
    done(X509_REQ_add1_attr_by_NID(request, NID_pkcs9_challengePassword, type,
                                   reinterpret_cast<const unsigned char*>(octets.data()),
                                   static_cast<int>(octets.size())));
  });
}
std::string password_of(const Buffer& der) {
  const auto csr = Csr::decode(der);
  return csr ? to_string(csr->challenge_password().reveal()) : "refused: " + csr.error().detail;
}

// A request of raw parts: what OpenSSL would not write.
struct Parts {
  Buffer version = asn1::integer(0U);
  Buffer subject = asn1::name_from_text("CN=device").value();
  std::vector<Buffer> attributes = {};
  std::optional<Buffer> attribute_element = std::nullopt;
  Buffer algorithm = asn1::algorithm(oid::sha256_with_rsa);
};
Buffer raw_request(const Parts& parts) {
  Buffer attributes = asn1::set_of(parts.attributes);
  attributes[0] = tag::context_constructed(0);
  const Buffer info =
      asn1::sequence({parts.version, parts.subject, der_of(key_of("device"), i2d_PUBKEY),
                      parts.attribute_element.value_or(attributes)});
  return asn1::sequence({info, parts.algorithm, asn1::bits(Buffer(256, 1))});
}
Buffer attribute(const asn1::Oid& type, const std::vector<Buffer>& values) {
  return asn1::sequence({asn1::oid_element(type), asn1::set_of(values)});
}
Buffer attributes_of(const std::vector<Buffer>& attributes) {
  return raw_request({.attributes = attributes});
}
std::string refusal(Bytes der) {
  const auto csr = Csr::decode(der);
  if (csr) return "";
  CHECK(csr.error().code == Errc::bad_request);
  CHECK(csr.error().reason == Reason::csr_invalid);
  return csr.error().detail;
}

Buffer extension_list(unsigned count) {
  std::vector<Buffer> extensions;
  for (unsigned number = 0; number < count; ++number)
    extensions.push_back(other_extension(
        asn1::Oid::from_dotted("1.2.3." + std::to_string(number)).value(), false, asn1::null()));
  return asn1::sequence_of(extensions);
}
asn1::Oid numbered(unsigned number) {
  return asn1::Oid::from_dotted("1.2.4." + std::to_string(number)).value();
}

}  // namespace

TEST_CASE("a request is read as OpenSSL wrote it", "[crypto][req:N1]") {
  const Buffer der = request_by_openssl([](X509_REQ* request) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, nullptr, nullptr, request, nullptr, 0);
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    sk_X509_EXTENSION_push(extensions, made(X509V3_EXT_nconf(nullptr, &context, "subjectAltName",
                                                             "DNS:a.example.test")));
    sk_X509_EXTENSION_push(extensions, made(X509V3_EXT_nconf(nullptr, &context, "keyUsage",
                                                             "critical,digitalSignature")));
    done(X509_REQ_add_extensions(request, extensions));
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    done(X509_REQ_add1_attr_by_txt(request, "1.3.6.1.4.1.311.13.2.3", V_ASN1_IA5STRING,
                                   reinterpret_cast<const unsigned char*>("10.0"), 4));
  });
  const Csr csr = Csr::decode(der).value();
  CHECK(equal(csr.der(), der));
  CHECK(asn1::name_text(csr.subject_name()) == "CN=device");
  CHECK(equal(csr.public_key_info(), der_of(key_of("device"), i2d_PUBKEY)));
  CHECK(csr.challenge_password().empty());
  CHECK(csr.extensions().size() == 2);
  REQUIRE(csr.extension(oid::key_usage));
  CHECK(csr.extension(oid::key_usage)->critical);
  CHECK(read_key_usage(csr.extension(oid::key_usage)->value) == digital_signature);
  CHECK(csr.other_attributes() == std::vector<asn1::Oid>{oid::microsoft_os_version});
  REQUIRE(csr.signature_algorithm());
  const auto key = PublicKey::decode(library(), csr.public_key_info()).value();
  CHECK(key.verify(*csr.signature_algorithm(), csr.info(), csr.signature()));
}

TEST_CASE("copies of a request share its octets", "[crypto]") {
  std::optional<Csr> first = Csr::decode(with_password(V_ASN1_UTF8STRING, "password")).value();
  const Csr copy = *first;
  const Csr moved = std::move(*first);
  first.reset();
  CHECK(asn1::name_text(copy.subject_name()) == "CN=device");
  CHECK(as_text(moved.challenge_password().reveal()) == "password");
  CHECK(copy.info().size() == moved.info().size());
}

TEST_CASE("the password is read from each string type", "[crypto][req:N10]") {
  CHECK(password_of(with_password(V_ASN1_PRINTABLESTRING, "A1B2")) == "A1B2");
  CHECK(password_of(with_password(V_ASN1_PRINTABLESTRING, "a_b@c*&")) == "a_b@c*&");
  CHECK(password_of(with_password(V_ASN1_UTF8STRING, "p\xc3\xa4ss")) == "p\xc3\xa4ss");
  CHECK(password_of(with_password(V_ASN1_IA5STRING, "A1B2")) == "A1B2");
  CHECK(password_of(with_password(V_ASN1_T61STRING, "p\xe4ss")) == "p\xc3\xa4ss");
  CHECK(password_of(with_password(V_ASN1_BMPSTRING, std::string_view("\0p\0\xe4", 4))) ==
        "p\xc3\xa4");
}

TEST_CASE("a password of 8 KiB is read whole, a longer one is refused", "[crypto][req:N10]") {
  const std::string blob(8192, 'a');
  CHECK(password_of(with_password(V_ASN1_UTF8STRING, blob)) == blob);
  CHECK(password_of(with_password(V_ASN1_UTF8STRING, blob + "a")) ==
        "refused: PKCS#10: a password that is no text");
}

TEST_CASE("a password that is no text is refused", "[crypto][req:N10][case:C3]") {
  CHECK(
      refusal(with_password(V_ASN1_OCTET_STRING, "A1B2")).ends_with("a password that is no text"));
  CHECK(refusal(with_password(V_ASN1_UTF8STRING, std::string_view("a\0b", 3)))
            .ends_with("a password that is no text"));
  CHECK(refusal(attributes_of({attribute(oid::challenge_password,
                                         {asn1::element(tag::utf8_string, Buffer{0xff})})}))
            .ends_with("a password that is no text"));
  CHECK(refusal(attributes_of({attribute(oid::challenge_password, {asn1::sequence({})})}))
            .ends_with("a password that is no text"));
}

TEST_CASE("an empty password is no password", "[crypto][req:N11]") {
  CHECK(password_of(attributes_of({attribute(oid::challenge_password, {asn1::printable("")})}))
            .empty());
  CHECK(password_of(attributes_of({})).empty());
}

TEST_CASE("two passwords are refused, as two attributes and as two values", "[crypto][req:N11]") {
  const Buffer once = attribute(oid::challenge_password, {asn1::printable("A")});
  CHECK(refusal(attributes_of({once, attribute(oid::challenge_password, {asn1::printable("B")})}))
            .ends_with("an attribute twice"));
  CHECK(refusal(attributes_of({once, once})).ends_with("an attribute twice"));
  CHECK(refusal(attributes_of({attribute(oid::challenge_password,
                                         {asn1::printable("A"), asn1::printable("B")})}))
            .ends_with("an attribute with more than one value"));
  CHECK(refusal(attributes_of({attribute(oid::challenge_password, {})}))
            .ends_with("an attribute without a value"));
  CHECK(password_of(attributes_of({once})) == "A");
}

TEST_CASE("extensions are read from one of three attributes, never from two",
          "[crypto][case:A10][req:N18]") {
  const Buffer ours = attribute(oid::extension_request, {extension_list(1)});
  const Buffer microsoft = attribute(oid::microsoft_extensions, {extension_list(2)});
  CHECK(Csr::decode(attributes_of({ours}))->extensions().size() == 1);
  CHECK(Csr::decode(attributes_of({microsoft}))->extensions().size() == 2);
  const Buffer verisign = attribute(oid::verisign_extensions, {extension_list(3)});
  CHECK(Csr::decode(attributes_of({verisign}))->extensions().size() == 3);
  CHECK(refusal(attributes_of({ours, microsoft})).ends_with("two lists of extensions"));
  CHECK(refusal(attributes_of({verisign, ours})).ends_with("two lists of extensions"));
  CHECK(refusal(attributes_of({ours, attribute(oid::extension_request, {extension_list(2)})}))
            .ends_with("an attribute twice"));
  CHECK(refusal(attributes_of(
                    {attribute(oid::extension_request, {extension_list(1), extension_list(2)})}))
            .ends_with("an attribute with more than one value"));
  CHECK(Csr::decode(attributes_of({attribute(oid::extension_request, {asn1::sequence({})})}))
            ->extensions()
            .empty());
  CHECK_FALSE(
      refusal(attributes_of({attribute(oid::extension_request, {asn1::octets({})})})).empty());
}

TEST_CASE("attributes end at 16, extensions at 32, RDNs at 32", "[crypto][case:P4]") {
  std::vector<Buffer> attributes;
  for (unsigned number = 0; number < 16; ++number)
    attributes.push_back(attribute(numbered(number), {asn1::null()}));
  CHECK(Csr::decode(attributes_of(attributes))->other_attributes().size() == 16);
  attributes.push_back(attribute(numbered(16), {asn1::null()}));
  CHECK(refusal(attributes_of(attributes)).ends_with("too many attributes"));
  CHECK(refusal(attributes_of(std::vector<Buffer>(10000, attributes[0])))
            .ends_with("an attribute twice"));
  CHECK(Csr::decode(attributes_of({attribute(oid::extension_request, {extension_list(32)})})));
  CHECK(refusal(attributes_of({attribute(oid::extension_request, {extension_list(33)})}))
            .ends_with("too many extensions"));
  const Buffer name = asn1::sequence_of(std::vector<Buffer>(
      33, asn1::set_of({asn1::sequence({asn1::oid_element(oid::common_name), asn1::utf8("a")})})));
  CHECK(refusal(raw_request({.subject = name})).ends_with("too many RDNs"));
}

TEST_CASE("a request with an attribute that is not DER inside is refused, read or not",
          "[crypto][case:A10]") {
  const auto with_value = [](std::string_view hex) {
    const Buffer type = asn1::oid_element(oid::unstructured_name);
    return raw_request(
        {.attributes = {asn1::sequence({type, asn1::set_of({hex_decode(hex).value()})})}});
  };
  CHECK(Csr::decode(with_value("30030c0141")));
  const auto refused = Csr::decode(with_value("2e07726f757465727f"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::csr_invalid);
  CHECK_FALSE(Csr::decode(with_value("30040c820141")));
}

TEST_CASE("another version and absent attributes are tolerated", "[crypto][req:N2]") {
  CHECK(refusal(raw_request({.version = asn1::integer(2U)})).empty());
  CHECK(refusal(raw_request({.attribute_element = Buffer{}})).empty());
  CHECK_FALSE(refusal(raw_request({.version = asn1::element(tag::integer, Buffer{0xff})})).empty());
  CHECK_FALSE(refusal(raw_request({.version = {}})).empty());
}

TEST_CASE("an empty subject is read, what to do about it is decided elsewhere",
          "[crypto][req:N1]") {
  CHECK(Csr::decode(raw_request({.subject = asn1::sequence({})}))->subject_name().empty());
}

TEST_CASE("an unknown signature algorithm leaves a readable request", "[crypto][req:X19]") {
  CHECK(Csr::decode(
            raw_request({.algorithm = asn1::algorithm_without_parameters(oid::sha256_with_rsa)}))
            ->signature_algorithm());
  CHECK_FALSE(Csr::decode(raw_request({.algorithm = asn1::algorithm_without_parameters(
                                           asn1::oid::fixed("1.3.101.112"))}))
                  ->signature_algorithm());
  CHECK_FALSE(Csr::decode(raw_request({.algorithm = asn1::algorithm(oid::rsa_encryption)}))
                  ->signature_algorithm());
}

TEST_CASE("exactly one request and nothing behind or inside it", "[crypto][case:P2]") {
  Buffer der = with_password(V_ASN1_UTF8STRING, "password");
  for (std::size_t size = 0; size < der.size(); ++size)
    CHECK_FALSE(refusal(Bytes(der).first(size)).empty());
  CHECK(refusal(der).empty());
  der.push_back(0);
  CHECK_FALSE(refusal(der).empty());
  CHECK_FALSE(refusal(asn1::octets({})).empty());
  CHECK_FALSE(refusal(raw_request({.attribute_element = asn1::set_of(asn1::Parts{})})).empty());
}

TEST_CASE("every changed octet of a request is refused or read without harm", "[crypto][case:P2]") {
  const Buffer good = with_password(V_ASN1_UTF8STRING, "password");
  const Csr csr = Csr::decode(good).value();
  const auto key = PublicKey::decode(library(), csr.public_key_info()).value();
  std::size_t verified = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    Buffer changed = good;
    changed[at] ^= 0x21;
    const auto read = Csr::decode(changed);
    if (!read || !read->signature_algorithm()) continue;
    if (key.verify(*read->signature_algorithm(), read->info(), read->signature())) ++verified;
  }
  CHECK(verified == 0);
}

TEST_CASE("a request that we write opens in OpenSSL and its signature holds", "[crypto]") {
  for (const char* type : {"rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521"}) {
    const PrivateKey key =
        PrivateKey::decode_pem(library(), pem_of_key(key_of("client", type))).value();
    const CsrContent content{
        .subject = asn1::name_from_text("O=Ex, CN=dev").value(),
        .extensions = {subject_alternative_name_extension({"dns:dev.example.test"}).value()},
        .challenge_password = Secret("A1B2")};
    const Buffer der = write_csr(content, key).value();
    const RequestPtr request(object_of<X509_REQ>(der, d2i_X509_REQ, X509_REQ_free));
    REQUIRE(request);
    CHECK(X509_REQ_verify(request.get(), key_of("client", type)) == 1);
    CHECK(der_of(request.get(), i2d_X509_REQ) == der);
    const int at = X509_REQ_get_attr_by_NID(request.get(), NID_pkcs9_challengePassword, -1);
    REQUIRE(at >= 0);
    const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(request.get(), at), 0);
    CHECK(value->type == V_ASN1_PRINTABLESTRING);
    STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request.get());
    CHECK(sk_X509_EXTENSION_num(extensions) == 1);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    CHECK(password_of(der) == "A1B2");
  }
}

TEST_CASE("a request without password and extensions has no attributes", "[crypto]") {
  const PrivateKey key = PrivateKey::decode_pem(library(), pem_of_key(key_of("client"))).value();
  const Buffer der =
      write_csr({.subject = asn1::sequence({}), .extensions = {}, .challenge_password = {}}, key)
          .value();
  const RequestPtr request(object_of<X509_REQ>(der, d2i_X509_REQ, X509_REQ_free));
  REQUIRE(request);
  CHECK(X509_REQ_get_attr_count(request.get()) == 0);
  CHECK(password_of(der).empty());
}

TEST_CASE("a password beyond PrintableString is written as UTF-8", "[crypto][req:N10]") {
  const PrivateKey key = PrivateKey::decode_pem(library(), pem_of_key(key_of("client"))).value();
  for (const char* password : {"a_b", "p\xc3\xa4ss", "it's (a) test+-/:=?,."}) {
    const Buffer der = write_csr({.subject = asn1::sequence({}),
                                  .extensions = {},
                                  .challenge_password = Secret(password)},
                                 key)
                           .value();
    CHECK(password_of(der) == password);
  }
}
