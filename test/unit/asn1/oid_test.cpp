#include "asn1/oid.h"

#include "base/hex.h"
#include "catch.h"
#include "openssl.h"

using namespace scep_ra;
using namespace scep_ra::asn1;
using namespace scep_ra::test;

namespace {
std::string dotted(std::string_view hex) {
  const auto oid = Oid::from_content(hex_decode(hex).value());
  return oid ? oid->dotted() : "refused";
}
std::string content(std::string_view dotted) {
  const auto oid = Oid::from_dotted(dotted);
  return oid ? hex_lower(oid->content()) : "refused";
}
std::string openssl_content(const char* dotted) {
  const ObjectPtr object(made(OBJ_txt2obj(dotted, 1)));
  return hex_lower(Bytes(OBJ_get0_data(object.get()), OBJ_length(object.get())));
}
std::string openssl_name(const Oid& oid) {
  const ObjectPtr object(made(OBJ_txt2obj(oid.dotted().c_str(), 1)));
  return OBJ_nid2sn(OBJ_obj2nid(object.get()));
}
}  // namespace

TEST_CASE("object identifiers are written as OpenSSL writes them", "[asn1]") {
  for (const char* text :
       {"1.2.840.113549.1.1.1", "2.16.840.1.113733.1.9.7", "0.9.2342.19200300.100.1.1", "2.5.4.3",
        "0.0", "1.39", "2.39", "2.40", "2.47", "2.48", "2.999.1", "2.5.127", "2.5.128", "2.5.16383",
        "2.5.16384", "1.3.6.1.4.1.311.21.8.4294967295"}) {
    CHECK(content(text) == openssl_content(text));
    CHECK(dotted(content(text)) == text);
  }
}

TEST_CASE("what is no object identifier in text is refused", "[asn1]") {
  for (const char* text : {"", "1", "1.", ".1", "1..2", "3.1", "0.40", "1.40", "1.2.a", "1.2. 3",
                           "1.-2", "1.2.1000000000000000000", "CN"})
    CHECK(content(text) == "refused");
  CHECK(content("1.2.999999999999999999") == openssl_content("1.2.999999999999999999"));
}

TEST_CASE("what is no object identifier on the wire is refused", "[asn1][case:P8]") {
  CHECK(dotted("") == "refused");
  CHECK(dotted("80") == "refused");
  CHECK(dotted("550480") == "refused");  // ends inside an arc
  CHECK(dotted("558004") == "refused");  // an arc with a zero group in front
  CHECK(dotted("8003") == "refused");
  CHECK(dotted("550403") == "2.5.4.3");
}

TEST_CASE("the arcs of a UUID are read whole", "[asn1]") {
  CHECK(dotted(openssl_content("2.25.329800735698586629295641978511506172918")) ==
        "2.25.329800735698586629295641978511506172918");
  CHECK(dotted(openssl_content("1.2.18446744073709551616.7")) == "1.2.18446744073709551616.7");
}

TEST_CASE("an object identifier ends at 64 octets", "[asn1][case:P8]") {
  Buffer octets(64, 0x01);
  CHECK(Oid::from_content(octets));
  octets.push_back(0x01);
  CHECK_FALSE(Oid::from_content(octets));
  CHECK_FALSE(Oid::from_content(Buffer(100 * 1024, 0x01)));
  std::string text = "1.2";
  for (int arc = 0; arc < 63; ++arc) text += ".1";
  CHECK(Oid::from_dotted(text));
  CHECK_FALSE(Oid::from_dotted(text + ".1"));
}

TEST_CASE("the names of our constants are those of OpenSSL", "[asn1]") {
  const std::pair<const Oid*, const char*> known[] = {
      {&oid::data, "pkcs7-data"},
      {&oid::signed_data, "pkcs7-signedData"},
      {&oid::enveloped_data, "pkcs7-envelopedData"},
      {&oid::content_type, "contentType"},
      {&oid::message_digest, "messageDigest"},
      {&oid::rsa_encryption, "rsaEncryption"},
      {&oid::rsaes_oaep, "RSAES-OAEP"},
      {&oid::mgf1, "MGF1"},
      {&oid::p_specified, "PSPECIFIED"},
      {&oid::rsassa_pss, "RSASSA-PSS"},
      {&oid::md5_with_rsa, "RSA-MD5"},
      {&oid::sha1_with_rsa, "RSA-SHA1"},
      {&oid::sha256_with_rsa, "RSA-SHA256"},
      {&oid::sha384_with_rsa, "RSA-SHA384"},
      {&oid::sha512_with_rsa, "RSA-SHA512"},
      {&oid::ec_public_key, "id-ecPublicKey"},
      {&oid::p256, "prime256v1"},
      {&oid::p384, "secp384r1"},
      {&oid::p521, "secp521r1"},
      {&oid::ecdsa_with_sha1, "ecdsa-with-SHA1"},
      {&oid::ecdsa_with_sha256, "ecdsa-with-SHA256"},
      {&oid::ecdsa_with_sha384, "ecdsa-with-SHA384"},
      {&oid::ecdsa_with_sha512, "ecdsa-with-SHA512"},
      {&oid::md5, "MD5"},
      {&oid::sha1, "SHA1"},
      {&oid::sha256, "SHA256"},
      {&oid::sha384, "SHA384"},
      {&oid::sha512, "SHA512"},
      {&oid::des_cbc, "DES-CBC"},
      {&oid::des_ede3_cbc, "DES-EDE3-CBC"},
      {&oid::aes128_cbc, "AES-128-CBC"},
      {&oid::aes192_cbc, "AES-192-CBC"},
      {&oid::aes256_cbc, "AES-256-CBC"},
      {&oid::challenge_password, "challengePassword"},
      {&oid::extension_request, "extReq"},
      {&oid::microsoft_extensions, "msExtReq"},
      {&oid::subject_key_identifier, "subjectKeyIdentifier"},
      {&oid::key_usage, "keyUsage"},
      {&oid::subject_alternative_name, "subjectAltName"},
      {&oid::basic_constraints, "basicConstraints"},
      {&oid::authority_key_identifier, "authorityKeyIdentifier"},
      {&oid::extended_key_usage, "extendedKeyUsage"},
      {&oid::microsoft_user_principal_name, "msUPN"},
      {&oid::server_auth, "serverAuth"},
      {&oid::client_auth, "clientAuth"},
      {&oid::code_signing, "codeSigning"},
      {&oid::email_protection, "emailProtection"},
      {&oid::ipsec_ike, "ipsecIKE"},
      {&oid::common_name, "CN"},
      {&oid::surname, "SN"},
      {&oid::serial_number, "serialNumber"},
      {&oid::country, "C"},
      {&oid::locality, "L"},
      {&oid::state, "ST"},
      {&oid::street, "street"},
      {&oid::organization, "O"},
      {&oid::organizational_unit, "OU"},
      {&oid::title, "title"},
      {&oid::given_name, "GN"},
      {&oid::dn_qualifier, "dnQualifier"},
      {&oid::email_address, "emailAddress"},
      {&oid::unstructured_name, "unstructuredName"},
      {&oid::unstructured_address, "unstructuredAddress"},
      {&oid::domain_component, "DC"},
      {&oid::user_id, "UID"}};
  for (const auto& [oid, name] : known) CHECK(openssl_name(*oid) == name);
}
