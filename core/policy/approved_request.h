#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "policy/template.h"
#include "scep-ra/error.h"

namespace scep_ra::policy {

// Why a request may be served. A validator of `challenge/` says so, for the octets it was shown.
class Authorisation {
 public:
  enum class Kind : std::uint8_t {
    password,     // a password that `store` will spend for exactly this CertificationRequestInfo
    certificate,  // one of ours, which the request renews
    open,         // challenge.kind = "none": the operator's explicit word
  };
  static Authorisation by_password(Buffer password_mac) {
    return {Kind::password, std::move(password_mac), {}};
  }
  static Authorisation by_certificate(std::string serial) {
    return {Kind::certificate, {}, std::move(serial)};
  }
  static Authorisation open() { return {Kind::open, {}, {}}; }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] Bytes password_mac() const { return password_mac_; }  // empty unless by password
  // Of the certificate, in lower-case hex; empty unless by certificate.
  [[nodiscard]] const std::string& serial() const { return serial_; }

 private:
  Authorisation(Kind kind, Buffer mac, std::string serial)
      : kind_(kind), password_mac_(std::move(mac)), serial_(std::move(serial)) {}
  Kind kind_;
  Buffer password_mac_;
  std::string serial_;
};

// A request that policy has judged and found good: the only thing a CaBackend takes. Made by
// `approve` alone, out of the octets it judged, so that default deny is held by the compiler.
class ApprovedRequest {
 public:
  [[nodiscard]] const crypto::Csr& csr() const { return csr_; }
  [[nodiscard]] const Template& certificate_template() const { return *template_; }
  // What of the template's key usage such a key can have (RFC 8813, 3).
  [[nodiscard]] std::uint16_t key_usage() const { return key_usage_; }
  [[nodiscard]] const Authorisation& authorisation() const { return authorisation_; }
  [[nodiscard]] const std::string& transaction_id() const { return transaction_id_; }

 private:
  friend Result<ApprovedRequest> approve(crypto::Csr, const crypto::PublicKey&, const Template&,
                                         Authorisation, std::string transaction_id);
  ApprovedRequest(crypto::Csr csr, const Template& chosen, std::uint16_t key_usage,
                  Authorisation authorisation, std::string id)
      : csr_(std::move(csr)),
        template_(&chosen),
        key_usage_(key_usage),
        authorisation_(std::move(authorisation)),
        transaction_id_(std::move(id)) {}

  crypto::Csr csr_;
  const Template* template_;  // lives as long as the Ra
  std::uint16_t key_usage_;
  Authorisation authorisation_;
  std::string transaction_id_;
};

// The decision (step 10): `judge_csr` and the authorisation together. Spends nothing.
Result<ApprovedRequest> approve(crypto::Csr, const crypto::PublicKey&, const Template&,
                                Authorisation, std::string transaction_id);

}  // namespace scep_ra::policy
