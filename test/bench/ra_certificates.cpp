#include "ra_certificates.h"

#include <algorithm>

#include "net/http_client.h"
#include "scep/certs_only.h"

namespace scep_ra::bench {
namespace {

bool can_encrypt(const crypto::Certificate& certificate) {
  const unsigned usage = certificate.key_usage().value_or(0);
  return (usage & crypto::key_encipherment) && !(usage & crypto::key_cert_sign);
}

}  // namespace

Result<RaCertificates> fetch_ra_certificates(const std::string& url) {
  net::HttpClient client(Seconds(30));
  const auto answer = client.get(url + "?operation=GetCACert");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200)
    return fail(Errc::unavailable, Reason::ra_certificate_expired,
                "GetCACert: HTTP " + std::to_string(answer->status));
  auto all = scep::read_certs_only(as_bytes(answer->body));
  if (!all) return std::unexpected(std::move(all).error());
  RaCertificates certificates{*std::move(all)};
  const auto found = std::ranges::find_if(certificates.all, can_encrypt);
  if (found == certificates.all.end())
    return fail(Errc::bad_request, Reason::certificate_unreadable,
                "GetCACert names no certificate for encryption");
  certificates.encryption = static_cast<std::size_t>(found - certificates.all.begin());
  return certificates;
}

}  // namespace scep_ra::bench
