#include "tool/scep_client.h"

#include <algorithm>

#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"
#include "scep/certs_only.h"

namespace scep_ra::tool {

namespace {

constexpr unsigned most_attempts = 5;
constexpr Seconds usual_pause{1};
constexpr Seconds longest_pause{30};
constexpr int http_ok = 200;
constexpr int http_service_unavailable = 503;

std::unexpected<Error> refused(const char* operation, const net::HttpAnswer& answer) {
  return fail(
      Errc::unavailable, Reason::none,
      std::string(operation) + ": the server answers HTTP " + std::to_string(answer.status));
}

}  // namespace

ServerCaps read_ca_caps(std::string_view body) {
  ServerCaps caps;
  for (auto line : split(body, '\n')) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const bool standard = line == "SCEPStandard";
    caps.aes |= standard || line == "AES";
    caps.triple_des |= line == "DES3";
    caps.sha1 |= line == "SHA-1";
    caps.sha256 |= standard || line == "SHA-256";
    caps.sha384 |= line == "SHA-384";
    caps.sha512 |= line == "SHA-512";
    caps.renewal |= line == "Renewal";
    caps.post |= standard || line == "POSTPKIOperation";
  }
  return caps;
}

Manner strongest(const ServerCaps& caps) noexcept {
  const auto digest = caps.sha512   ? crypto::Digest::sha512
                      : caps.sha384 ? crypto::Digest::sha384
                      : caps.sha256 ? crypto::Digest::sha256
                                    : crypto::Digest::sha1;
  const auto cipher = caps.aes ? crypto::Cipher::aes128_cbc : crypto::Cipher::des_ede3_cbc;
  return {digest, cipher, caps.post};
}

ScepClient::ScepClient(net::HttpClient& http, std::string url, Pause pause)
    : http_(http), url_(std::move(url)), pause_(std::move(pause)) {}

std::string ScepClient::url_for(std::string_view operation) const {
  return url_ + (url_.contains('?') ? "&" : "?") + "operation=" + std::string(operation);
}

Result<ServerCaps> ScepClient::ca_caps() {
  const auto answer = http_.get(url_for("GetCACaps"));
  if (!answer) return std::unexpected(answer.error());
  return answer->status == http_ok ? read_ca_caps(answer->body) : ServerCaps{};
}

Result<std::vector<crypto::Certificate>> ScepClient::ca_certificates() {
  const auto answer = http_.get(url_for("GetCACert"));
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != http_ok) return refused("GetCACert", *answer);
  // RFC 8894, 4.2.1: the type says which form it is; some servers name neither.
  if (auto one = crypto::Certificate::decode(as_bytes(answer->body))) return std::vector{*one};
  auto bundle = scep::read_certs_only(as_bytes(answer->body));
  if (!bundle) bundle.error().detail = "GetCACert: neither a certificate nor a list of them";
  return bundle;
}

Result<net::HttpAnswer> ScepClient::send(Bytes message, bool post) {
  const auto url = url_for("PKIOperation");
  if (post) return http_.post(url, "application/x-pki-message", message);
  return http_.get(url + "&message=" + percent_encode(base64_encode(message)));
}

Result<std::string> ScepClient::pki_operation(Bytes message, bool post) {
  for (unsigned attempt = 1;; ++attempt) {
    auto answer = send(message, post);
    const bool busy = !answer || answer->status == http_service_unavailable;
    if (busy && attempt < most_attempts) {
      const auto wish = answer ? answer->retry_after.value_or(usual_pause) : usual_pause;
      pause_(std::min(wish, longest_pause));
      continue;
    }
    if (!answer) return std::unexpected(std::move(answer).error());
    if (answer->status != http_ok) return refused("PKIOperation", *answer);
    return std::move(answer->body);
  }
}

}  // namespace scep_ra::tool
