#include "make_passwords.h"

#include "asn1/name.h"
#include "crypto/key.h"

namespace scep_ra::challenge {
namespace {

class Listener final : public events::EventSink {
 public:
  explicit Listener(Told& told) : told_(told) {}
  Status open() override { return {}; }
  bool write(const events::EventRecord& record, const std::string& json) noexcept override {
    told_.names.emplace_back(events::kind_of(record.id).name);
    told_.lines.push_back(json);
    return true;
  }

 private:
  Told& told_;
};

}  // namespace

const crypto::Library& library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
  return library;
}

Passwords::Passwords() {
  store.open().value();
}

OneTimePassword Passwords::make_validator(store::PasswordStore& passwords, std::string_view key) {
  return {library(), passwords, log, Secret(key), rules};
}

events::EventLog Passwords::make_log() {
  std::vector<std::unique_ptr<events::EventSink>> sinks;
  sinks.push_back(std::make_unique<Listener>(told));
  return {"Contoso NDES", "node1", clock, std::move(sinks)};
}

crypto::Csr request_with(std::string_view password) {
  static const auto key = crypto::PrivateKey::generate(library(), "ec:P-256").value();
  crypto::CsrContent content;
  content.subject = *asn1::name_from_text("CN=device");
  content.challenge_password = Secret(password);
  return crypto::Csr::decode(crypto::write_csr(content, key).value()).value();
}

Buffer info_hash(const crypto::Csr& csr) {
  return library()->digest(crypto::Digest::sha256, csr.info());
}

std::string text_of(const Result<Secret>& password) {
  return password ? to_string(password->reveal()) : std::string();
}

}  // namespace scep_ra::challenge
