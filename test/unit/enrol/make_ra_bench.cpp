#include "make_ra_bench.h"

#include <stdlib.h>

#include <filesystem>

#include "catch.h"
#include "enrol/device_templates.h"
#include "scep/judge.h"
#include "store/memory_store.h"

namespace scep_ra::test {
namespace {

events::EventLog log_into(std::vector<nlohmann::json>& told, const Clock& clock) {
  std::vector<std::unique_ptr<events::EventSink>> sinks;
  sinks.push_back(std::make_unique<TellingSink>(told));
  return {"Contoso NDES", "ra1", clock, std::move(sinks)};
}

Path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "scep-ra-enrol-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return name;
}

std::unique_ptr<store::StateStore> opened_store(const Path& folder, const Clock& clock) {
  std::unique_ptr<store::StateStore> store;
  if (folder.empty())
    store = std::make_unique<store::MemoryStore>(clock);
  else
    store =
        store::make_state_store("sqlite:" + (folder / "state.db").string(), "ra", clock).value();
  store->open().value();
  return store;
}

std::vector<Buffer> certificates_in(Bytes certs_only) {
  std::vector<Buffer> all;
  const CmsPtr cms = openssl_cms(certs_only);
  if (!cms) return all;
  STACK_OF(X509)* bag = CMS_get1_certs(cms.get());
  for (int at = 0; at < sk_X509_num(bag); ++at)
    all.push_back(der_of_certificate(sk_X509_value(bag, at)));
  sk_X509_pop_free(bag, X509_free);
  return all;
}

std::vector<Buffer> crls_in(Bytes crl_only) {
  std::vector<Buffer> all;
  const CmsPtr cms = openssl_cms(crl_only);
  STACK_OF(X509_CRL)* bag = cms ? CMS_get1_crls(cms.get()) : nullptr;
  for (int at = 0; at < sk_X509_CRL_num(bag); ++at)
    all.push_back(der_of(sk_X509_CRL_value(bag, at), i2d_X509_CRL));
  sk_X509_CRL_pop_free(bag, X509_CRL_free);
  return all;
}

// By OpenSSL, of nobody.
Buffer empty_crl(X509* issuer, EVP_PKEY* key) {
  const std::unique_ptr<X509_CRL, Release<X509_CRL_free>> crl(made(X509_CRL_new()));
  const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> now(
      made(ASN1_TIME_set(nullptr, time(nullptr))));
  done(X509_CRL_set_version(crl.get(), 1));
  done(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer)));
  done(X509_CRL_set1_lastUpdate(crl.get(), now.get()));
  done(X509_CRL_set1_nextUpdate(crl.get(), now.get()));
  done(X509_CRL_sign(crl.get(), key, EVP_sha256()));
  return der_of(crl.get(), i2d_X509_CRL);
}

std::string value_of(CMS_SignerInfo* signer, const std::string& type) {
  const std::string shown = shown_attribute(signer, type);
  return shown.substr(shown.find(':') + 1);
}

// scep-requirements R10: zero octets, or NDES's one.
bool carries_nothing(const Buffer& content) {
  return content.empty() || content == Buffer{0};
}

void read_reply(Answered& answered, Bytes message, const Party& signer,
                const std::string& password) {
  const CmsPtr cms = openssl_cms(message);
  REQUIRE(cms);
  const auto content = signed_content(cms.get(), ra_signing().certificate);
  REQUIRE(content);
  CMS_SignerInfo* by = only_signer(cms.get());
  REQUIRE(by);
  CHECK(value_of(by, attribute::message_type) == "3");
  answered.status = value_of(by, attribute::pki_status);
  answered.transaction = value_of(by, attribute::transaction_id);
  answered.sender_nonce = value_of(by, attribute::sender_nonce);
  if (answered.status == "2") {
    answered.recipient_nonce = value_of(by, attribute::recipient_nonce);
    answered.fail_info = value_of(by, attribute::fail_info);
    CHECK(carries_nothing(*content));
    return;
  }
  answered.recipient_nonce = value_of(by, attribute::recipient_nonce);
  if (answered.status == "3") {
    CHECK(carries_nothing(*content));
    return;
  }
  const bool decrypts = EVP_PKEY_is_a(signer.key, "RSA") == 1;
  const auto plain = decrypts ? opened(*content, signer) : opened_by_password(*content, password);
  REQUIRE(plain);
  answered.certificates = certificates_in(*plain);
  answered.crls = crls_in(*plain);
}

}  // namespace

MessageWish wish_for(const Ask& ask) {
  MessageWish wish = good_message();
  wish.envelope.plaintext = make_device_csr(ask.csr);
  wish.signer = *ask.signer;
  wish.attribute(attribute::message_type).values = {{printable(ask.type)}};
  wish.attribute(attribute::transaction_id).values = {{printable(ask.transaction)}};
  wish.attribute(attribute::sender_nonce).values = {{octets(as_bytes(ask.nonce))}};
  return wish;
}

Buffer message_for(const Ask& ask) {
  return make_message(wish_for(ask));
}

Ask with_password(const std::string& password) {
  Ask ask;
  ask.csr.password = password;
  return ask;
}
Ask with_password(const std::string& password, const std::string& common_name) {
  Ask ask = with_password(password);
  ask.csr.common_name = common_name;
  return ask;
}

std::string Answered::reason() const {
  if (events.size() != 1) return std::to_string(events.size()) + " events";
  return events[0]["reason"].is_null() ? "" : events[0]["reason"].get<std::string>();
}

RaBench::RaBench(Kept kept)
    : folder_(kept == Kept::in_sqlite ? new_folder() : Path()),
      templates(device_templates()),
      events(log_into(told, clock)),
      store(opened_store(folder_, clock)),
      passwords(library(), store, events, Secret(std::string_view("key of the state")),
                {.validity = std::chrono::minutes{60}, .maximum = 0, .length = 8}),
      crl(empty_crl(ca.certificate(), stub_ca_key())),
      crl_of([this](Bytes issuer) -> Result<std::optional<Buffer>> {
        if (!equal(issuer, ca.ca_certificates().front().subject())) return std::nullopt;
        return crl;
      }) {}

RaBench::~RaBench() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

enrol::Services RaBench::services() {
  return {library(),  algorithms, profile, templates, blocked_keys, keys,           clock, ca,
          *challenge, guesses,    store,   events,    csr_key,      waiting_limits, crl_of};
}

Answered RaBench::send(Bytes message, const Party& signer, const std::string& password) {
  const std::size_t before = told.size();
  Answered answered;
  answered.outcome = enrol::answer_pki_message(services(), message, "192.0.2.7");
  answered.events.assign(told.begin() + static_cast<std::ptrdiff_t>(before), told.end());
  for (const nlohmann::json& event : answered.events) {
    CHECK(event["client_address"] == "192.0.2.7");
    for (const std::string& secret : minted_) CHECK(event.dump().find(secret) == std::string::npos);
  }
  if (answered.outcome.cert_rep) read_reply(answered, *answered.outcome.cert_rep, signer, password);
  return answered;
}

std::string RaBench::password() {
  minted_.push_back(to_string(passwords.generate({"user", ""}).value().reveal()));
  return minted_.back();
}

std::size_t RaBench::unspent_passwords() {
  return store.outstanding_passwords().value().size();
}

void check_refused(const Answered& answered, const std::string& fail_info,
                   const std::string& reason) {
  CHECK(answered.status == "2");
  CHECK(answered.fail_info == fail_info);
  CHECK(answered.reason() == reason);
  CHECK(answered.outcome.events.size() == 1);
}

void check_unavailable(const Answered& answered, int event_id, const std::string& reason) {
  CHECK_FALSE(answered.outcome.cert_rep);
  CHECK(answered.outcome.error == Errc::unavailable);
  CHECK(answered.outcome.retry_after);
  CHECK(answered.reason() == reason);
  REQUIRE(answered.outcome.events.size() == 1);
  CHECK(answered.outcome.events[0].id == event_id);
}

void check_come_again(const Answered& answered) {
  CHECK_FALSE(answered.outcome.cert_rep);
  CHECK(answered.outcome.error == Errc::unavailable);
  CHECK(answered.outcome.retry_after);
  CHECK(answered.events.empty());
  CHECK(answered.outcome.events.empty());
}

void check_nothing_spent(RaBench& bench, const std::string& password) {
  CHECK(bench.ca.asked.empty());
  CHECK(bench.unspent_passwords() == 1);
  Ask good = with_password(password, "a good request");
  good.transaction = "afterwards";
  CHECK(bench.send(good).status == "0");
  CHECK(bench.ca.asked.size() == 1);
}

}  // namespace scep_ra::test
