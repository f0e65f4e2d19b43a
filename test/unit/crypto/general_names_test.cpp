#include "asn1/writer.h"
#include "catch.h"
#include "crypto/csr.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::crypto;
using namespace scep_ra::test;
namespace tag = scep_ra::asn1::tag;

namespace {

// The extnValue that OpenSSL makes of its configuration syntax.
Buffer value_by_openssl(const char* names) {
  const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> extension(
      made(X509V3_EXT_nconf(nullptr, nullptr, "subjectAltName", names)));
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension.get());
  return {data->data, data->data + data->length};
}

std::string shown(const Buffer& value) {
  const auto names = read_general_names(value);
  if (!names) return "refused";
  std::string text;
  for (const GeneralName& name : *names)
    text += std::string(word(name.kind)) + ":" + name.value + " ";
  return text;
}
std::string one(asn1::Tag type, Bytes content) {
  return shown(asn1::sequence({asn1::element(type, content)}));
}

// The whole extension that we write, as OpenSSL prints it.
std::string printed_by_openssl(const std::vector<std::string>& names) {
  const auto ours = subject_alternative_name_extension(names);
  if (!ours) return "refused";
  const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> extension(
      object_of<X509_EXTENSION>(*ours, d2i_X509_EXTENSION, X509_EXTENSION_free));
  const BioPtr memory(made(BIO_new(BIO_s_mem())));
  done(X509V3_EXT_print(memory.get(), made(extension.get()), 0, 0));
  return to_string(written(memory.get()));
}

}  // namespace

TEST_CASE("names that OpenSSL wrote are read with their kinds", "[crypto][case:A11]") {
  CHECK(
      shown(value_by_openssl(
          "DNS:a.example.test,IP:192.0.2.1,IP:2001:db8::1,email:a@b.test,URI:https://x.test/a")) ==
      "dns:a.example.test ip:192.0.2.1 ip:2001:db8::1 email:a@b.test uri:https://x.test/a ");
  CHECK(shown(value_by_openssl("otherName:msUPN;UTF8:dev@example.test")) ==
        "upn:dev@example.test ");
}

TEST_CASE("kinds without a meaning here are named as other", "[crypto][case:A11][case:P8]") {
  CHECK(shown(value_by_openssl("otherName:1.2.3.4;UTF8:x")) == "other:1.2.3.4 ");
  CHECK(shown(value_by_openssl("RID:1.2.3.4")) == "other: ");
  const Buffer name = asn1::sequence({});
  CHECK(one(tag::context_constructed(4), name) == "other: ");
  CHECK(one(tag::context_constructed(3), name) == "other: ");
  CHECK(one(tag::context_constructed(5), name) == "other: ");
}

TEST_CASE("what is no list of names is refused", "[crypto][case:P8]") {
  CHECK(shown({}) == "refused");
  CHECK(shown(asn1::sequence({})) == "refused");
  CHECK(shown(asn1::set_of({asn1::element(tag::context(2), as_bytes("a"))})) == "refused");
  Buffer behind = value_by_openssl("DNS:a");
  behind.push_back(0);
  CHECK(shown(behind) == "refused");
  CHECK(one(tag::utf8_string, as_bytes("a")) == "refused");
  CHECK(one(tag::context(9), as_bytes("a")) == "refused");
  CHECK(one(tag::context_constructed(2), as_bytes("a")) == "refused");
  CHECK(one(tag::context_constructed(0), asn1::null()) == "refused");
  CHECK(one(tag::context(2), as_bytes("a")) == "dns:a ");
}

TEST_CASE("a name's text is ASCII without NUL and of 4 KiB at most", "[crypto][case:P7]") {
  CHECK(one(tag::context(2), as_bytes("b\xc3\xbc.test")) == "refused");
  CHECK(one(tag::context(2), as_bytes(std::string_view("a.test\0.evil", 12))) == "refused");
  CHECK(one(tag::context(6), as_bytes("\xff")) == "refused");
  CHECK(one(tag::context(2), as_bytes(std::string(4096, 'a'))) ==
        "dns:" + std::string(4096, 'a') + " ");
  CHECK(one(tag::context(2), as_bytes(std::string(4097, 'a'))) == "refused");
  CHECK(one(tag::context(2), {}) == "dns: ");
}

TEST_CASE("an address has 4 or 16 octets", "[crypto]") {
  CHECK(one(tag::context(7), Buffer{192, 0, 2, 1}) == "ip:192.0.2.1 ");
  CHECK(one(tag::context(7), Buffer(16)) == "ip::: ");
  for (const std::size_t size : {0UL, 3UL, 5UL, 8UL, 15UL, 17UL, 32UL})
    CHECK(one(tag::context(7), Buffer(size)) == "refused");
}

TEST_CASE("a user principal name is any text type, and one value", "[crypto][case:A11]") {
  const auto upn = [](const Buffer& value) {
    Buffer content = asn1::oid_element(asn1::oid::microsoft_user_principal_name);
    append(content, value);
    return one(tag::context_constructed(0), content);
  };
  const auto wrapped = [](const Buffer& value) {
    return asn1::element(tag::context_constructed(0), value);
  };
  CHECK(upn(wrapped(asn1::utf8("a@b"))) == "upn:a@b ");
  CHECK(upn(wrapped(asn1::ia5("a@b"))) == "upn:a@b ");
  CHECK(upn(wrapped(asn1::octets(Buffer{1}))) == "refused");
  CHECK(upn(asn1::utf8("a@b")) == "refused");
  Buffer two = asn1::utf8("a");
  append(two, asn1::utf8("b"));
  CHECK(upn(wrapped(two)) == "refused");
  CHECK(upn(wrapped({})) == "refused");
}

TEST_CASE("names end at 64", "[crypto][case:P4]") {
  const auto of = [](std::size_t count) {
    return asn1::sequence_of(
        std::vector<Buffer>(count, asn1::element(tag::context(2), as_bytes("a"))));
  };
  CHECK(read_general_names(of(64))->size() == 64);
  CHECK_FALSE(read_general_names(of(65)));
  CHECK_FALSE(read_general_names(of(10000)));
}

TEST_CASE("names that we write are those that OpenSSL prints", "[crypto]") {
  CHECK(printed_by_openssl({"dns:a.test", "b.test", "ip:192.0.2.1", "ip:2001:db8::1",
                            "email:a@b.test", "uri:urn:x:1"}) ==
        "DNS:a.test, DNS:b.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, "
        "email:a@b.test, URI:urn:x:1");
  CHECK(printed_by_openssl({"upn:dev@b.test"}).starts_with("othername: UPN"));
  CHECK(printed_by_openssl({"DNS:a.test"}) == "DNS:a.test");
}

TEST_CASE("what is no name in text is not written", "[crypto]") {
  for (const char* name : {"", "dns:", "ip:", "ip:1.2.3", "ip:example.test", "rid:1.2.3", "x:y",
                           "dns:b\xc3\xbc.test", "email:\xc3\xa4@b"})
    CHECK(printed_by_openssl({"dns:a", name}) == "refused");
}
