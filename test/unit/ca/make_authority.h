#pragma once

#include <memory>
#include <vector>

#include "ca/local_ca.h"
#include "ca/make_device_csr.h"

namespace scep_ra::test {

// One OpenSSL context for the tests of the CA.
const crypto::Library& ca_library();

// Now, and what a test adds to it: OpenSSL's certificates are valid from now, too.
class MovableClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> now() const override {
    return now_;
  }
  void advance(Seconds by) { now_ += by; }

 private:
  std::chrono::sys_time<std::chrono::microseconds> now_ =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
};

// A CA certificate by OpenSSL; a test changes one thing.
CertificateWish ca_wish(EVP_PKEY* key, const std::string& name);
CertificateWish under(CertificateWish, X509* issuer, EVP_PKEY* issuer_key);
crypto::Certificate core_form(const CertificatePtr&);
crypto::PrivateKey core_form(EVP_PKEY*);

// A root, an issuing CA under it, and the embedded CA that issues with its key.
struct Authority {
  explicit Authority(const std::string& key_type = "rsa:2048", long valid_until = 864000);

  Result<std::unique_ptr<ca::LocalCa>> open() const;

  MovableClock clock;
  EVP_PKEY* root_key = key_of("root");
  EVP_PKEY* key;
  CertificatePtr root, issuing;
};

// What `[template.NAME]` of the tests says.
policy::Template plain_template();

// Judged and found good: with the template's words, or the error of the one who says no.
Result<policy::ApprovedRequest> approved(const DeviceCsrWish&, const policy::Template&);

// The certificate that the CA issues for it, as OpenSSL reads it.
CertificatePtr issued_by(ca::LocalCa&, const DeviceCsrWish& = {},
                         const policy::Template& = plain_template());

// OpenSSL's word for the path from `leaf` to `root` at that time, by its strict rules: "ok", or why
// not.
std::string judged_path(X509* leaf, const std::vector<X509*>& between, X509* root, Time at);

}  // namespace scep_ra::test
