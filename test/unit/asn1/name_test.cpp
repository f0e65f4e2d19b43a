#include "asn1/name.h"

#include "asn1/writer.h"
#include "base/hex.h"
#include "catch.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::asn1;
using namespace scep_ra::test;

namespace {

struct Part {
  const char* keyword;
  std::string value;
  int type = V_ASN1_UTF8STRING;
  bool same_rdn = false;
};

// A Name as OpenSSL writes it.
Buffer name_by_openssl(const std::vector<Part>& parts) {
  const NamePtr name(made(X509_NAME_new()));
  for (const Part& part : parts)
    done(X509_NAME_add_entry_by_txt(name.get(), part.keyword, part.type,
                                    reinterpret_cast<const unsigned char*>(part.value.data()),
                                    static_cast<int>(part.value.size()), -1,
                                    part.same_rdn ? -1 : 0));
  return der_of(name.get(), i2d_X509_NAME);
}

struct Read {
  Name name;
  std::string fault;
};
Read read(Bytes der) {
  Fault fault;
  Reader reader(der, fault);
  Name name = read_name(reader);
  reader.end();
  return {std::move(name), fault ? fault.what() : ""};
}
std::string text(Bytes der) {
  const Read got = read(der);
  return got.fault.empty() ? name_text(got.name) : "fault: " + got.fault;
}
std::string again(std::string_view words) {
  const auto der = name_from_text(words);
  return der ? text(*der) : "refused";
}

// An RDN of one attribute with any value element.
Buffer rdn(const Buffer& value) {
  return set_of({sequence({oid_element(oid::common_name), value})});
}

}  // namespace

TEST_CASE("a name that OpenSSL wrote is read and printed in its order", "[asn1]") {
  CHECK(text(name_by_openssl({{"C", "CH", V_ASN1_PRINTABLESTRING}, {"O", "Ex"}, {"CN", "dev"}})) ==
        "C=CH, O=Ex, CN=dev");
  CHECK(text(name_by_openssl({})) == "");
}

TEST_CASE("an RDN of several attributes, as Cisco sends, stays one RDN", "[asn1][req:X4]") {
  const Buffer cisco =
      name_by_openssl({{"serialNumber", "FTX1", V_ASN1_PRINTABLESTRING},
                       {"unstructuredName", "router", V_ASN1_PRINTABLESTRING, true},
                       {"O", "Ex"}});
  const Read got = read(cisco);
  REQUIRE(got.name.size() == 3);
  CHECK(got.name[0].rdn == 0);
  CHECK(got.name[1].rdn == 0);
  CHECK(got.name[2].rdn == 1);
  CHECK(text(cisco) == "serialNumber=FTX1+unstructuredName=router, O=Ex");
  const Buffer apart = name_by_openssl({{"serialNumber", "FTX1", V_ASN1_PRINTABLESTRING},
                                        {"unstructuredName", "router", V_ASN1_PRINTABLESTRING},
                                        {"O", "Ex"}});
  CHECK_FALSE(same_name(got.name, read(apart).name));
}

TEST_CASE("a name written from text is the one that OpenSSL writes", "[asn1]") {
  CHECK(name_from_text("C=CH, O=Ex, CN=dev") ==
        name_by_openssl({{"C", "CH", V_ASN1_PRINTABLESTRING}, {"O", "Ex"}, {"CN", "dev"}}));
  CHECK(name_from_text("/C=CH/O=Ex/CN=dev") == name_from_text("C=CH, O=Ex, CN=dev"));
  CHECK(name_from_text("DC=test, emailAddress=a@b.test, serialNumber=12") ==
        name_by_openssl({{"DC", "test", V_ASN1_IA5STRING},
                         {"emailAddress", "a@b.test", V_ASN1_IA5STRING},
                         {"serialNumber", "12", V_ASN1_PRINTABLESTRING}}));
  CHECK(name_from_text("CN=\xc3\xa4") == name_by_openssl({{"CN", "\xc3\xa4"}}));
  CHECK(name_from_text("CN=a + OU=b") ==
        name_by_openssl({{"CN", "a"}, {"OU", "b", V_ASN1_UTF8STRING, true}}));
  CHECK(name_from_text("2.5.4.3=dev") == name_from_text("cn=dev"));
  CHECK(name_from_text("1.2.3.4=x") == name_by_openssl({{"1.2.3.4", "x"}}));
  CHECK(name_from_text("E=a@b") == name_from_text("emailAddress=a@b"));
}

TEST_CASE("what a name's text escapes comes back as it was", "[asn1]") {
  for (const char* value : {"a,b", "a+b", "a=b", "a\"b", "a<b>", "a;b", "#a", "a\\b", "a/b",
                            "a\\,b", "\xc3\xa4", "a b"}) {
    const Buffer der = name_by_openssl({{"O", "Ex"}, {"CN", value}});
    const auto back = name_from_text(text(der));
    REQUIRE(back);
    CHECK(same_name(read(*back).name, read(der).name));
  }
  CHECK(again("/O=a\\/b/CN=x") == "O=a/b, CN=x");
  CHECK(again("CN= spaces around ") == "CN=spaces around");
}

TEST_CASE("no value of a name's text passes for another attribute", "[asn1][req:S6][case:P7]") {
  CHECK(text(name_by_openssl({{"CN", "a, O=evil"}})) == "CN=a\\, O\\=evil");
  CHECK(text(name_by_openssl({{"CN", "a\\, O=evil"}})) == "CN=a\\\\\\, O\\=evil");
  CHECK(text(name_by_openssl({{"CN", "a\nO=evil\x1b"}})) == "CN=a\nO\\=evil\x1b");
}

TEST_CASE("what is no name in text is refused", "[asn1]") {
  for (const char* words :
       {"", " ", "/", "CN", "CN=", "=x", "XX=1", "CN=a,", "CN=a,,O=b", "CN=a+", "/CN=a/", "CN=\xff",
        "emailAddress=\xc3\xa4@b", "C=\xc3\xa4", "DC=\xc3\xa4"})
    CHECK(again(words) == "refused");
  CHECK(again("CN=x") == "CN=x");
}

TEST_CASE("each string type of a name is read, others are a fault", "[asn1][case:P7]") {
  CHECK(text(sequence({rdn(element(tag::bmp_string, Buffer{0, 'a'}))})) == "CN=a");
  CHECK(text(sequence({rdn(element(tag::t61_string, Buffer{0xe4}))})) == "CN=\xc3\xa4");
  CHECK(text(sequence({rdn(element(tag::universal_string, Buffer{0, 0, 0, 'a'}))})) == "CN=a");
  CHECK(text(sequence({rdn(utf8(""))})) == "CN=");
  CHECK(text(sequence({rdn(octets(Buffer{'a'}))})) == "fault: a name that is no text");
  CHECK(text(sequence({rdn(element(tag::bmp_string, Buffer{0, 'a', 0}))})) ==
        "fault: a name that is no text");
  CHECK(text(sequence({rdn(utf8(std::string_view("a\0b", 3)))})) ==
        "fault: a name that is no text");
  CHECK(text(sequence({rdn(sequence({}))})) == "fault: a name that is no text");
}

TEST_CASE("a name ends at 32 RDNs and at 4 KiB a value", "[asn1][case:P4][case:P7]") {
  const auto of = [](std::size_t count) {
    return sequence_of(std::vector<Buffer>(count, rdn(utf8("a"))));
  };
  CHECK(read(of(32)).name.size() == 32);
  CHECK(read(of(33)).fault == "too many RDNs");
  CHECK(read(of(10000)).fault == "too many RDNs");
  CHECK(read(sequence({rdn(utf8(std::string(4096, 'a')))})).fault.empty());
  CHECK(read(sequence({rdn(utf8(std::string(4097, 'a')))})).fault == "a name that is no text");
}

TEST_CASE("a malformed name is a fault", "[asn1][case:P8]") {
  const Buffer value = utf8("a");
  const Buffer type = oid_element(oid::common_name);
  CHECK(read(sequence({set_of(Parts{})})).fault == "an empty RDN");
  CHECK(read(sequence({set_of({sequence({type})})})).fault == "truncated");
  CHECK(read(sequence({set_of({sequence({type, value, value})})})).fault ==
        "something follows where nothing should");
  CHECK(read(sequence({sequence({type, value})})).fault == "another type than expected");
  CHECK(read(set_of(Parts{})).fault == "another type than expected");
  CHECK(read(sequence({rdn(value)})).fault.empty());
}

TEST_CASE("names are the same value by value, whatever the string type",
          "[asn1][req:E8][case:A8]") {
  const auto of = [](std::vector<Part> parts) { return read(name_by_openssl(parts)).name; };
  const Name name = of({{"O", "Ex"}, {"CN", "dev"}});
  CHECK(
      same_name(name, of({{"O", "Ex", V_ASN1_PRINTABLESTRING}, {"CN", "dev", V_ASN1_IA5STRING}})));
  CHECK_FALSE(same_name(name, of({{"O", "ex"}, {"CN", "dev"}})));
  CHECK_FALSE(same_name(name, of({{"O", "Ex "}, {"CN", "dev"}})));
  CHECK_FALSE(same_name(name, of({{"CN", "dev"}, {"O", "Ex"}})));
  CHECK_FALSE(same_name(name, of({{"O", "Ex"}})));
  CHECK_FALSE(same_name(name, of({{"O", "Ex"}, {"CN", "dev"}, {"CN", "dev"}})));
  CHECK(same_name({}, {}));
}

TEST_CASE("attribute types have their usual names", "[asn1]") {
  CHECK(attribute_keyword(oid::unstructured_address) == "unstructuredAddress");
  CHECK(attribute_keyword(oid::sha1) == "1.3.14.3.2.26");
  CHECK(attribute_type("unstructuredaddress") == oid::unstructured_address);
  CHECK(attribute_type("2.5.4.3") == oid::common_name);
  CHECK_FALSE(attribute_type("nonsense"));
}
