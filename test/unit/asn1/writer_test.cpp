#include "asn1/writer.h"

#include <openssl/asn1.h>
#include <openssl/asn1t.h>

#include "asn1/reader.h"
#include "base/hex.h"
#include "catch.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::asn1;
using namespace scep_ra::test;

namespace {

using TypePtr = std::unique_ptr<ASN1_TYPE, Release<ASN1_TYPE_free>>;

// What OpenSSL makes of an element when it reads and writes it again.
Buffer through_openssl(Bytes der) {
  const TypePtr type(object_of<ASN1_TYPE>(der, d2i_ASN1_TYPE, ASN1_TYPE_free));
  return type ? der_of(type.get(), i2d_ASN1_TYPE) : Buffer{};
}

std::string number(Bytes der) {
  const std::unique_ptr<ASN1_INTEGER, Release<ASN1_INTEGER_free>> integer(
      object_of<ASN1_INTEGER>(der, d2i_ASN1_INTEGER, ASN1_INTEGER_free));
  const std::unique_ptr<BIGNUM, Release<BN_free>> big(ASN1_INTEGER_to_BN(integer.get(), nullptr));
  const std::unique_ptr<char, Release<[](char* text) { OPENSSL_free(text); }>> text(
      BN_bn2hex(big.get()));
  return text.get();
}

std::string time_by_openssl(Time time) {
  const Buffer der = asn1::time(time);
  const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> read(
      object_of<ASN1_TIME>(der, d2i_ASN1_TIME, ASN1_TIME_free));
  tm parts{};
  done(ASN1_TIME_to_tm(read.get(), &parts));
  return rfc3339(Time(Seconds(timegm(&parts))));
}

}  // namespace

TEST_CASE("lengths are written in the shortest form, as OpenSSL does", "[asn1][req:R20]") {
  for (const std::size_t size : {0UL, 1UL, 127UL, 128UL, 255UL, 256UL, 65535UL, 65536UL, 70000UL}) {
    const Buffer whole = octets(Buffer(size, 0x5a));
    CHECK(through_openssl(whole) == whole);
    Fault fault;
    Reader reader(whole, fault);
    CHECK(reader.octets().size() == size);
    CHECK(reader.at_end());
  }
}

TEST_CASE("integers are positive and minimal, as OpenSSL reads them", "[asn1]") {
  CHECK(hex_lower(integer(0U)) == "020100");
  CHECK(hex_lower(integer(127U)) == "02017f");
  CHECK(hex_lower(integer(128U)) == "02020080");
  CHECK(hex_lower(integer(0xffffffffU)) == "020500ffffffff");
  CHECK(hex_lower(integer(Bytes(Buffer{}))) == "020100");
  CHECK(hex_lower(integer(Bytes(Buffer{0, 0, 1}))) == "020101");
  CHECK(number(integer(Bytes(Buffer{0x80, 0, 0, 0, 0, 0, 0, 0, 1}))) == "800000000000000001");
  CHECK(number(integer(65537U)) == "010001");
}

TEST_CASE("a set is sorted as DER asks", "[asn1][req:R1]") {
  const Buffer a = hex_decode("020101").value();
  const Buffer b = hex_decode("020102").value();
  const Buffer c = hex_decode("0202010203").value();
  CHECK(hex_lower(set_of({Bytes(c).first(4), b, a})) ==
        "310a0201010201020202"
        "0102");
  CHECK(set_of({b, a}) == set_of({a, b}));
  CHECK(set_of(std::vector<Buffer>{b, a}) == set_of({a, b}));
  CHECK(hex_lower(set_of(Parts{})) == "3100");
}

TEST_CASE("times change their form in 2050", "[asn1]") {
  const Time last_utc(Seconds(2524607999));
  CHECK(as_text(asn1::time(last_utc)).substr(2) == "491231235959Z");
  CHECK(as_text(asn1::time(last_utc + Seconds(1))).substr(2) == "20500101000000Z");
  CHECK(asn1::time(last_utc)[0] == tag::utc_time);
  CHECK(asn1::time(last_utc + Seconds(1))[0] == tag::generalized_time);
  for (const long seconds :
       {0L, 951868799L, 1769851800L, 2524607999L, 2524608000L, 253402300799L}) {
    const Time time{Seconds(seconds)};
    CHECK(time_by_openssl(time) == rfc3339(time));
    const Buffer der = asn1::time(time);
    Fault fault;
    CHECK(Reader(der, fault).time() == time);
  }
}

TEST_CASE("the simple elements are those that OpenSSL writes", "[asn1]") {
  for (const Buffer& whole :
       {boolean_true(), null(), printable("ab"), utf8("\xc3\xa4"), ia5("a@b"),
        bits(Buffer{0x80}, 7), bits({}), oid_element(oid::data), sequence({integer(1U), null()}),
        sequence_of({}), algorithm(oid::sha256),
        algorithm_without_parameters(oid::ecdsa_with_sha256)})
    CHECK(through_openssl(whole) == whole);
  CHECK(hex_lower(algorithm(oid::sha1)) == "300906052b0e03021a0500");
}
