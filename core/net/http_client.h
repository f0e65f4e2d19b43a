#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "scep-ra/error.h"

namespace scep_ra::net {

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::optional<Seconds> retry_after;  // of Retry-After, seconds or date
};

// Outgoing HTTP/1.1 and HTTPS of the command and of back ends. Redirects are not followed, a body
// of more than 1 MiB is an error. The proxies of the environment (http_proxy, https_proxy,
// no_proxy) are honoured, except towards loopback. Not thread-safe: one a thread, so that its
// connection is used again.
class HttpClient {
 public:
  // Every call ends within `deadline`.
  explicit HttpClient(Seconds deadline);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Errc::unavailable when there was no HTTP answer; the detail says what the network said.
  Result<HttpAnswer> get(const std::string& url);
  Result<HttpAnswer> post(const std::string& url, std::string_view content_type, Bytes body);

 private:
  Status prepare(const std::string& url);
  Result<HttpAnswer> perform(const std::string& url);
  void* handle_;  // CURL
  Seconds deadline_;
};

}  // namespace scep_ra::net
