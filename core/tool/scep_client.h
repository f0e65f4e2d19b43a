#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/algorithms.h"
#include "crypto/certificate.h"
#include "net/http_client.h"
#include "scep-ra/error.h"

namespace scep_ra::tool {

// What a server says it can do (RFC 8894, 3.5.2).
struct ServerCaps {
  bool aes = false, triple_des = false;
  bool sha1 = false, sha256 = false, sha384 = false, sha512 = false;
  bool post = false;
  bool renewal = false;
};

// Lines end with LF or CRLF; unknown words are ignored. SCEPStandard stands for AES, SHA-256 and
// POST.
ServerCaps read_ca_caps(std::string_view body);

// How a request is made for such a server: the strongest it lists. AES is AES-128-CBC. A server
// that lists neither is taken for an old one, which has triple DES and SHA-1 (RFC 8894, 7.5).
struct Manner {
  crypto::Digest digest;
  crypto::Cipher cipher;
  bool post;
};
Manner strongest(const ServerCaps&) noexcept;

// SCEP operations over HTTP, from the client's side. Not thread-safe.
class ScepClient {
 public:
  using Pause = std::function<void(Seconds)>;
  ScepClient(net::HttpClient&, std::string url, Pause);

  // An error or an empty answer of the server is "none of them" (RFC 8894, 3.5.2);
  // Errc::unavailable when there is no server.
  Result<ServerCaps> ca_caps();

  // One certificate, or those of the RA bundle in the order received.
  Result<std::vector<crypto::Certificate>> ca_certificates();

  // Sends a pkiMessage and gives the octets of the CertRep. A server that is busy or goes away is
  // sent the same octets again, which it answers but once: at most 5 times, at most 30 s apart.
  Result<std::string> pki_operation(Bytes message, bool post);

  void pause(Seconds time) const { pause_(time); }

 private:
  [[nodiscard]] std::string url_for(std::string_view operation) const;
  Result<net::HttpAnswer> send(Bytes message, bool post);
  net::HttpClient& http_;
  std::string url_;
  Pause pause_;
};

}  // namespace scep_ra::tool
