#include "make_administration.h"

namespace scep_ra::test {

AdministrationBench::AdministrationBench() {
  std::vector<std::unique_ptr<events::EventSink>> sinks;
  sinks.push_back(std::make_unique<ListeningSink>(told));
  events = std::make_unique<events::EventLog>("ra", "node", authority.clock, std::move(sinks));
  std::string name = (std::filesystem::temp_directory_path() / "scep-ra-ca-XXXXXX").string();
  if (!mkdtemp(name.data()) || !store.open()) throw std::runtime_error("no folder, no store");
  folder = name;
  rules = {folder / "ca.crl", std::chrono::days(7)};
  authorities = {{core_form(authority.issuing), core_form(authority.key)}};
}

std::unique_ptr<ca::LocalCaAdministrator> AdministrationBench::administrator(
    std::vector<crypto::Certificate> successor) {
  return std::make_unique<ca::LocalCaAdministrator>(ca_library(), authority.clock, store, *events,
                                                    authorities, rules, std::move(successor));
}

CertificatePtr AdministrationBench::enrolled(const std::string& name) {
  CertificatePtr certificate = issued_by(*ca, {.common_name = name});
  const crypto::Certificate core = core_form(certificate);
  const store::RequestKey key{to_buffer(as_bytes(name)), name, to_buffer(as_bytes(name))};
  const auto claimed = store.spend_and_claim({key, {}, "Device"});
  const Status recorded = store.record_issue(
      {.key = key,
       .issued = {core.serial_text(), to_buffer(core.der())},
       .subject = core.subject_text(),
       .certificate_template = "Device",
       .not_before = core.not_before(),
       .not_after = core.not_after(),
       .authority = ca::authority_id(ca_library(), core_form(authority.issuing))},
      {2, "issued"});
  if (!claimed || !recorded) throw std::runtime_error("not recorded");
  return certificate;
}

std::string AdministrationBench::verdict(X509* certificate, Bytes crl) const {
  const CrlPtr read = openssl_crl(crl);
  const StorePtr trusted(made(X509_STORE_new()));
  done(X509_STORE_add_cert(trusted.get(), authority.root.get()));
  done(X509_STORE_add_crl(trusted.get(), made(read.get())));
  STACK_OF(X509)* between = sk_X509_new_null();
  sk_X509_push(between, authority.issuing.get());
  using ContextPtr = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;
  const ContextPtr context(made(X509_STORE_CTX_new()));
  done(X509_STORE_CTX_init(context.get(), trusted.get(), certificate, between));
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK);
  X509_STORE_CTX_set_time(context.get(), 0, authority.clock.seconds().time_since_epoch().count());
  X509_verify_cert(context.get());
  const int code = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(between);
  ERR_clear_error();
  return X509_verify_cert_error_string(code);
}

std::string serial_of(const CertificatePtr& certificate) {
  return core_form(certificate).serial_text();
}

}  // namespace scep_ra::test
