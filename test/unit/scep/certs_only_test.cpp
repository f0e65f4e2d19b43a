#include "scep/certs_only.h"

#include "catch.h"
#include "make_certificate.h"
#include "scep/judge.h"
#include "scep/make_message.h"
#include "scep/make_ra.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

Buffer certificate_with(const std::string& name) {
  return der_of_certificate(make_certificate({.key = key_of("device"), .common_name = name}).get());
}

std::vector<Buffer> read_by_openssl(const CmsPtr& cms) {
  std::vector<Buffer> certificates;
  STACK_OF(X509)* all = CMS_get1_certs(cms.get());
  for (int at = 0; at < sk_X509_num(all); ++at)
    certificates.push_back(der_of_certificate(sk_X509_value(all, at)));
  sk_X509_pop_free(all, X509_free);
  return certificates;
}

}  // namespace

TEST_CASE("certificates stay in the order in which they were given", "[scep][req:C17][req:R13]") {
  const Buffer longest = certificate_with("the longest name of these three");
  const Buffer shortest = certificate_with("a");
  const Buffer between = certificate_with("between");
  const std::vector<std::vector<Buffer>> orders{
      {longest, shortest, between}, {shortest, longest, between}, {between, longest, shortest}};
  for (const auto& order : orders) {
    const std::vector<Bytes> given(order.begin(), order.end());
    const Buffer message = scep::write_certs_only(given);
    CHECK(read_by_openssl(openssl_cms(message)) == order);
    const auto read = scep::read_certs_only(message);
    REQUIRE(read);
    REQUIRE(read->size() == 3);
    for (std::size_t at = 0; at < 3; ++at) CHECK(equal(read->at(at).der(), order[at]));
  }
}

TEST_CASE("a list of certificates has no signer and no content", "[scep][req:C15]") {
  const Buffer message = scep::write_certs_only({Bytes(certificate_with("a"))});
  const CmsPtr cms = openssl_cms(message);
  REQUIRE(cms);
  CHECK(OBJ_obj2nid(CMS_get0_type(cms.get())) == NID_pkcs7_signed);
  CHECK(OBJ_obj2nid(CMS_get0_eContentType(cms.get())) == NID_pkcs7_data);
  CHECK(CMS_is_detached(cms.get()) == 1);
  CHECK(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms.get())) <= 0);
  CHECK(CMS_get1_crls(cms.get()) == nullptr);
}

TEST_CASE("a list of certificates is the same DER as OpenSSL's PKCS#7 writer makes",
          "[scep][req:R20]") {
  const CertificatePtr first =
      make_certificate({.key = key_of("device"), .common_name = "the longer name"});
  const CertificatePtr second = make_certificate({.key = key_of("device"), .common_name = "a"});
  using Pkcs7Ptr = std::unique_ptr<PKCS7, Release<PKCS7_free>>;
  const Pkcs7Ptr theirs(made(PKCS7_new()));
  done(PKCS7_set_type(theirs.get(), NID_pkcs7_signed));
  done(PKCS7_content_new(theirs.get(), NID_pkcs7_data));
  PKCS7_set_detached(theirs.get(), 1);
  done(PKCS7_add_certificate(theirs.get(), first.get()));
  done(PKCS7_add_certificate(theirs.get(), second.get()));
  const Buffer one = der_of_certificate(first.get());
  const Buffer two = der_of_certificate(second.get());
  CHECK(scep::write_certs_only({Bytes(one), Bytes(two)}) == der_of(theirs.get(), i2d_PKCS7));
}

TEST_CASE("what is no list of certificates is malformed", "[scep]") {
  const auto refused = [](const Buffer& message) {
    const auto read = scep::read_certs_only(message);
    return !read && read.error().code == Errc::malformed;
  };
  CHECK(refused({}));
  CHECK(refused(scep::write_certs_only({})));
  CHECK(refused(make_message(good_message())));
  CHECK(refused(certificate_with("a")));
  CHECK_FALSE(refused(scep::write_certs_only({Bytes(certificate_with("a"))})));
}

TEST_CASE("a successor is announced by the current CA, and by nobody else",
          "[scep][req:C31][req:C32]") {
  const Buffer new_ra = certificate_with("new RA");
  const Buffer new_ca = certificate_with("new CA");
  const Party current = ra_signing();
  const auto message = scep::write_next_ca_certificates(
      library(), {Bytes(new_ra), Bytes(new_ca)}, core_certificate(current), core_key(current));
  REQUIRE(message);
  const CmsPtr cms = openssl_cms(*message);
  REQUIRE(cms);
  const auto content = signed_content(cms.get());
  REQUIRE(content);
  CHECK(read_by_openssl(openssl_cms(*content)) == std::vector<Buffer>{new_ra, new_ca});
  CMS_SignerInfo* signer = only_signer(cms.get());
  REQUIRE(signer);
  CHECK(CMS_SignerInfo_cert_cmp(signer, current.certificate) == 0);
  CHECK(CMS_signed_get_attr_count(signer) == 2);  // contentType and messageDigest
  Buffer altered = *message;
  altered[altered.size() / 2] ^= 1;
  CHECK_FALSE(signed_content(altered));
}
