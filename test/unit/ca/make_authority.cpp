#include "make_authority.h"

namespace scep_ra::test {
namespace {

using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;

}  // namespace

const crypto::Library& ca_library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
  return library;
}

CertificateWish ca_wish(EVP_PKEY* key, const std::string& name) {
  return {.key = key,
          .common_name = name,
          .serial = "17",
          .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                         {"keyUsage", "critical,keyCertSign,cRLSign"},
                         {"subjectKeyIdentifier", "hash"}},
          .valid_until = 8640000};
}

CertificateWish under(CertificateWish wish, X509* issuer, EVP_PKEY* issuer_key) {
  wish.issuer = issuer;
  wish.issuer_key = issuer_key;
  wish.extensions.emplace_back("authorityKeyIdentifier", "keyid:always");
  return wish;
}

crypto::Certificate core_form(const CertificatePtr& certificate) {
  return crypto::Certificate::decode(der_of_certificate(certificate.get())).value();
}
crypto::PrivateKey core_form(EVP_PKEY* key) {
  return crypto::PrivateKey::decode_pem(ca_library(), pem_of_key(key)).value();
}

Authority::Authority(const std::string& key_type, long valid_until)
    : key(key_of("issuing", key_type)), root(make_certificate(ca_wish(root_key, "Root CA"))) {
  CertificateWish wish = under(ca_wish(key, "Issuing CA"), root.get(), root_key);
  wish.valid_until = valid_until;
  issuing = make_certificate(wish);
}

Result<std::unique_ptr<ca::LocalCa>> Authority::open() const {
  return ca::LocalCa::open(ca_library(), clock, {core_form(issuing), core_form(root)},
                           core_form(key));
}

policy::Template plain_template() {
  policy::Template made;
  made.name = "Device";
  made.validity = Seconds{86400};
  made.key_algorithms = {crypto::KeyKind::rsa, crypto::KeyKind::ec};
  made.key_usage = crypto::digital_signature | crypto::key_encipherment;
  made.application_policies = {asn1::oid::client_auth, asn1::oid::server_auth};
  made.subject.allowed = {asn1::oid::common_name};
  made.subject_alternative_names.allowed = {crypto::GeneralName::Kind::dns};
  return made;
}

Result<policy::ApprovedRequest> approved(const DeviceCsrWish& wish, const policy::Template& by) {
  auto csr = crypto::Csr::decode(make_device_csr(wish)).value();
  const auto key = crypto::PublicKey::decode(ca_library(), csr.public_key_info()).value();
  return policy::approve(std::move(csr), key, by, policy::Authorisation::open(), "transaction");
}

CertificatePtr issued_by(ca::LocalCa& ca, const DeviceCsrWish& wish, const policy::Template& by) {
  const auto request = approved(wish, by);
  if (!request) throw std::runtime_error(request.error().detail);
  const auto decision = ca.submit(*request);
  if (!decision) throw std::runtime_error(decision.error().detail);
  return openssl_certificate(std::get<ca::Issued>(*decision).certificate.der());
}

std::string judged_path(X509* leaf, const std::vector<X509*>& between, X509* root, Time at) {
  const StorePtr store(made(X509_STORE_new()));
  done(X509_STORE_add_cert(store.get(), root));
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  for (X509* one : between) sk_X509_push(untrusted, one);
  const StoreContextPtr context(made(X509_STORE_CTX_new()));
  done(X509_STORE_CTX_init(context.get(), store.get(), leaf, untrusted));
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX_set_time(context.get(), 0, at.time_since_epoch().count());
  X509_verify_cert(context.get());
  const int code = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(untrusted);
  ERR_clear_error();
  return X509_verify_cert_error_string(code);
}

}  // namespace scep_ra::test
