#include "ca/local_ca.h"

#include <algorithm>

#include "ca/authority.h"

namespace scep_ra::ca {
namespace {

namespace oid = asn1::oid;

// Devices with a clock that is a little slow must accept what was just issued; AD CS allows as
// much.
constexpr Seconds clock_skew = std::chrono::minutes(10);

std::vector<Buffer> extensions_for(const crypto::Library& library,
                                   const policy::ApprovedRequest& request,
                                   Bytes authority_key_identifier, const std::string& crl_url) {
  const policy::Template& chosen = request.certificate_template();
  const crypto::Csr& csr = request.csr();
  std::vector<Buffer> extensions{
      crypto::basic_constraints_extension(false, std::nullopt),
      crypto::key_usage_extension(request.key_usage()),
      crypto::subject_key_identifier_extension(
          crypto::key_identifier(library, csr.public_key_info())),
      crypto::authority_key_identifier_extension(authority_key_identifier)};
  if (!chosen.application_policies.empty())
    extensions.push_back(crypto::extended_key_usage_extension(chosen.application_policies));
  if (!crl_url.empty()) extensions.push_back(crypto::crl_distribution_point_extension(crl_url));
  // The judged octets themselves; critical only where the subject is empty (RFC 5280, 4.2.1.6).
  if (const crypto::Extension* names = csr.extension(oid::subject_alternative_name))
    extensions.push_back(
        crypto::other_extension(names->type, csr.subject_name().empty(), names->value));
  return extensions;
}

}  // namespace

LocalCa::LocalCa(const crypto::Library& library, const Clock& clock,
                 std::vector<crypto::Certificate> chain, crypto::PrivateKey key, LocalCaRules rules)
    : library_(library),
      clock_(clock),
      chain_(std::move(chain)),
      key_(std::move(key)),
      authority_key_identifier_(authority_identifier(library, chain_.front())),
      rules_{for_key(rules.crl_url, library, chain_.front()), std::move(rules.former)} {}

Result<std::unique_ptr<LocalCa>> LocalCa::open(const crypto::Library& library, const Clock& clock,
                                               std::vector<crypto::Certificate> chain,
                                               crypto::PrivateKey key, LocalCaRules rules) {
  const auto wrong = [](const std::string& what) {
    return fail(Errc::config, Reason::configuration_invalid, what);
  };
  if (chain.empty()) return wrong("no CA certificate");
  if (!equal(chain.front().public_key_info(), key.public_key().info()))
    return wrong("the key is not that of the CA certificate");
  for (std::size_t at = 0; at < chain.size(); ++at) {
    if (!is_ca(chain[at])) return wrong("not a CA certificate: " + chain[at].subject_text());
    if (at > 0 && !crypto::is_issued_by(library, chain[at - 1], chain[at]))
      return wrong(chain[at].subject_text() + " did not issue " + chain[at - 1].subject_text());
  }
  return std::unique_ptr<LocalCa>(
      new LocalCa(library, clock, std::move(chain), std::move(key), std::move(rules)));
}

Result<CaDecision> LocalCa::submit(const policy::ApprovedRequest& request) {
  const Time now = clock_.seconds();
  const crypto::Certificate& issuer = chain_.front();
  if (now >= issuer.not_after() || now < issuer.not_before())
    return fail(Errc::unavailable, Reason::ca_unreachable, "the CA certificate is not valid now");
  const policy::Template& chosen = request.certificate_template();
  const crypto::CertificateContent content{
      .serial = crypto::random_serial(library_->random()),
      .issuer = to_buffer(issuer.subject()),
      .subject = to_buffer(request.csr().subject()),
      .public_key_info = to_buffer(request.csr().public_key_info()),
      .not_before = std::max(now - clock_skew, issuer.not_before()),
      .not_after = std::min(now + chosen.validity, issuer.not_after()),
      .extensions = extensions_for(library_, request, authority_key_identifier_, rules_.crl_url)};
  auto der = crypto::write_certificate(content, key_);
  if (!der) return std::unexpected(std::move(der).error());
  auto certificate = crypto::Certificate::decode(*der);
  if (!certificate) return fail(Errc::internal, Reason::internal_error, certificate.error().detail);
  return Issued{*std::move(certificate)};
}

Result<Buffer> write_ca_certificate(const crypto::Library& library, const Clock& clock,
                                    const CaCertificateContent& ca,
                                    const crypto::PublicKey& subject_key,
                                    const crypto::Certificate* issuer,
                                    const crypto::PrivateKey& issuer_key) {
  const Time now = clock.seconds();
  const Buffer own_identifier = crypto::key_identifier(library, subject_key.info());
  const crypto::CertificateContent content{
      .serial = crypto::random_serial(library->random()),
      .issuer = issuer ? to_buffer(issuer->subject()) : ca.subject,
      .subject = ca.subject,
      .public_key_info = to_buffer(subject_key.info()),
      .not_before = now - clock_skew,
      .not_after = issuer ? std::min(now + ca.validity, issuer->not_after()) : now + ca.validity,
      .extensions = {crypto::basic_constraints_extension(true, ca.path_length),
                     crypto::key_usage_extension(crypto::key_cert_sign | crypto::crl_sign),
                     crypto::subject_key_identifier_extension(own_identifier),
                     crypto::authority_key_identifier_extension(
                         issuer ? authority_identifier(library, *issuer) : own_identifier)}};
  return crypto::write_certificate(content, issuer_key);
}

Result<Buffer> write_ra_certificate(const crypto::Library& library, const Clock& clock, RaRole role,
                                    Bytes subject_name, Seconds validity,
                                    const crypto::PublicKey& subject_key,
                                    const crypto::Certificate& issuer,
                                    const crypto::PrivateKey& issuer_key,
                                    const std::string& crl_url) {
  const Time now = clock.seconds();
  const std::uint16_t usage =
      role == RaRole::signing ? crypto::digital_signature : crypto::key_encipherment;
  crypto::CertificateContent content{
      .serial = crypto::random_serial(library->random()),
      .issuer = to_buffer(issuer.subject()),
      .subject = to_buffer(subject_name),
      .public_key_info = to_buffer(subject_key.info()),
      .not_before = now - clock_skew,
      .not_after = std::min(now + validity, issuer.not_after()),
      .extensions = {
          crypto::basic_constraints_extension(false, std::nullopt),
          crypto::key_usage_extension(usage),
          crypto::extended_key_usage_extension({oid::exchange_enrollment_agent}),
          crypto::subject_key_identifier_extension(
              crypto::key_identifier(library, subject_key.info())),
          crypto::authority_key_identifier_extension(authority_identifier(library, issuer))}};
  if (!crl_url.empty())
    content.extensions.push_back(
        crypto::crl_distribution_point_extension(for_key(crl_url, library, issuer)));
  return crypto::write_certificate(content, issuer_key);
}

}  // namespace scep_ra::ca
