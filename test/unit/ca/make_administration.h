#pragma once

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ca/local_ca_administrator.h"
#include "events/event_sink.h"
#include "make_authority.h"
#include "store/memory_store.h"

namespace scep_ra::test {

using CrlPtr = std::unique_ptr<X509_CRL, Release<X509_CRL_free>>;
inline CrlPtr openssl_crl(Bytes der) {
  return CrlPtr(object_of<X509_CRL>(der, d2i_X509_CRL, X509_CRL_free));
}

class ListeningSink final : public events::EventSink {
 public:
  explicit ListeningSink(std::vector<nlohmann::json>& told) : told_(told) {}
  Status open() override { return {}; }
  bool write(const events::EventRecord&, const std::string& json) noexcept override {
    told_.push_back(nlohmann::json::parse(json));
    return true;
  }

 private:
  std::vector<nlohmann::json>& told_;
};

// An embedded CA with a store, events and a folder for its CRL.
struct AdministrationBench {
  AdministrationBench();
  ~AdministrationBench() { std::filesystem::remove_all(folder); }
  AdministrationBench(const AdministrationBench&) = delete;
  AdministrationBench& operator=(const AdministrationBench&) = delete;

  // One more process that administers the same CA.
  std::unique_ptr<ca::LocalCaAdministrator> administrator(
      std::vector<crypto::Certificate> successor = {});
  // A certificate for a device, issued and in the store; its serial number is `serial_of(it)`.
  CertificatePtr enrolled(const std::string& name);
  // OpenSSL's word for it, CRL checked.
  std::string verdict(X509* certificate, Bytes crl) const;

  Authority authority;
  std::unique_ptr<ca::LocalCa> ca = authority.open().value();
  store::MemoryStore store{authority.clock};
  std::vector<nlohmann::json> told;
  std::unique_ptr<events::EventLog> events;
  std::filesystem::path folder;
  ca::CrlRules rules;
  std::vector<ca::SigningAuthority> authorities;
};

std::string serial_of(const CertificatePtr&);

}  // namespace scep_ra::test
