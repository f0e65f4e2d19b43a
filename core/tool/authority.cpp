#include "tool/authority.h"

#include "asn1/name.h"
#include "ca/local_ca.h"

namespace scep_ra::tool {

namespace {

constexpr Seconds year{365 * 86400};
constexpr Seconds root_life = 20 * year;
constexpr Seconds issuing_life = 10 * year;
constexpr Seconds ra_life = 2 * year;  // ndes-behaviour section 9

Result<CertifiedKey> certified(Result<Buffer> der, crypto::PrivateKey key) {
  if (!der) return std::unexpected(std::move(der).error());
  auto certificate = crypto::Certificate::decode(*der);
  if (!certificate) return std::unexpected(std::move(certificate).error());
  return CertifiedKey{*std::move(certificate), std::move(key)};
}

class Maker {
 public:
  Maker(const crypto::Library& library, const Clock& clock) : library_(library), clock_(clock) {}

  Result<CertifiedKey> ca(const ca::CaCertificateContent& content, const std::string& key_type,
                          const CertifiedKey* issuer) const {
    auto key = crypto::PrivateKey::generate(library_, key_type);
    if (!key) return std::unexpected(std::move(key).error());
    return certified(ca::write_ca_certificate(library_, clock_, content, key->public_key(),
                                              issuer ? &issuer->certificate : nullptr,
                                              issuer ? issuer->key : *key),
                     *key);
  }

  [[nodiscard]] Result<CertifiedKey> ra(ca::RaRole role, const Buffer& subject,
                                        const std::string& key_type, const std::string& crl_url,
                                        const CertifiedKey& issuer) const {
    auto key = crypto::PrivateKey::generate(library_, key_type);
    if (!key) return std::unexpected(std::move(key).error());
    return certified(
        ca::write_ra_certificate(library_, clock_, role, subject, ra_life, key->public_key(),
                                 issuer.certificate, issuer.key, crl_url),
        *key);
  }

 private:
  const crypto::Library& library_;
  const Clock& clock_;
};

std::string escaped_value(const std::string& value) {
  std::string text;
  for (char letter : value) {
    if (std::string_view("\\,+=/\"").contains(letter)) text.push_back('\\');
    text.push_back(letter);
  }
  return text;
}

}  // namespace

Result<Authority> make_authority(const crypto::Library& library, const Clock& clock,
                                 const AuthorityContent& content) {
  const Maker make(library, clock);
  auto root = make.ca({content.root_subject, root_life, std::nullopt}, content.root_key, nullptr);
  if (!root) return std::unexpected(std::move(root).error());
  auto issuing = make.ca({content.issuing_subject, issuing_life, 0}, content.issuing_key, &*root);
  if (!issuing) return std::unexpected(std::move(issuing).error());
  auto signing = make.ra(ca::RaRole::signing, content.ra_subject, content.ra_signing_key,
                         content.crl_url, *issuing);
  if (!signing) return std::unexpected(std::move(signing).error());
  auto encryption = make.ra(ca::RaRole::encryption, content.ra_subject, content.ra_encryption_key,
                            content.crl_url, *issuing);
  if (!encryption) return std::unexpected(std::move(encryption).error());
  return Authority{*std::move(root), *std::move(issuing), *std::move(signing),
                   *std::move(encryption)};
}

std::optional<Buffer> make_name(const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string text;
  for (const auto& [keyword, value] : parts)
    if (!value.empty()) text += (text.empty() ? "" : ",") + keyword + "=" + escaped_value(value);
  return asn1::name_from_text(text);
}

}  // namespace scep_ra::tool
