#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "ca/ca_backend.h"
#include "crypto/certificate_writer.h"

namespace scep_ra::ca {

struct LocalCaRules {
  std::string crl_url{};  // CRL distribution point of what it issues, see `for_key`; empty: none
  std::vector<crypto::Certificate> former{};  // as `former_certificates` gives them
};

// The embedded CA: a key of this host issues at once. Keeps nothing itself; what it issued is in
// the store when `record_issue` returned, and was never issued otherwise.
class LocalCa final : public CaBackend {
 public:
  // `chain`: the issuing certificate first. Errc::config when the key is not the certificate's, it
  // is no CA certificate, or a link of the chain does not fit.
  static Result<std::unique_ptr<LocalCa>> open(const crypto::Library&, const Clock&,
                                               std::vector<crypto::Certificate> chain,
                                               crypto::PrivateKey key, LocalCaRules = {});

  [[nodiscard]] const std::vector<crypto::Certificate>& ca_certificates() const override {
    return chain_;
  }
  [[nodiscard]] const std::vector<crypto::Certificate>& former_certificates() const override {
    return rules_.former;
  }
  Result<CaDecision> submit(const policy::ApprovedRequest&) override;

 private:
  LocalCa(const crypto::Library&, const Clock&, std::vector<crypto::Certificate>,
          crypto::PrivateKey, LocalCaRules);
  crypto::Library library_;
  const Clock& clock_;
  std::vector<crypto::Certificate> chain_;
  crypto::PrivateKey key_;
  const Buffer authority_key_identifier_;
  const LocalCaRules rules_;
};

// What `init` makes: a CA certificate under `issuer` (itself: nullptr), valid from now.
struct CaCertificateContent {
  Buffer subject;
  Seconds validity;
  std::optional<unsigned> path_length;
};
Result<Buffer> write_ca_certificate(const crypto::Library&, const Clock&,
                                    const CaCertificateContent&,
                                    const crypto::PublicKey& subject_key,
                                    const crypto::Certificate* issuer,
                                    const crypto::PrivateKey& issuer_key);

// The two RA certificates of ndes-behaviour section 9. `crl_url`: as in LocalCaRules.
enum class RaRole : std::uint8_t { signing, encryption };
Result<Buffer> write_ra_certificate(const crypto::Library&, const Clock&, RaRole,
                                    Bytes subject_name, Seconds validity,
                                    const crypto::PublicKey& subject_key,
                                    const crypto::Certificate& issuer,
                                    const crypto::PrivateKey& issuer_key,
                                    const std::string& crl_url = {});

}  // namespace scep_ra::ca
