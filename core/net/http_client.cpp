#include "net/http_client.h"

#include <curl/curl.h>

#include <array>
#include <memory>

#include "base/text.h"

namespace scep_ra::net {

namespace {

constexpr std::size_t maximum_body = 1 << 20;

using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::unexpected<Error> unreachable(const std::string& url, const char* why) {
  // Without the query, which may be a whole message.
  return fail(Errc::unavailable, Reason::none, url.substr(0, url.find('?')) + ": " + why);
}

// libcurl's write callback: anything but the number of octets taken ends the transfer.
std::size_t keep(const char* data, std::size_t, std::size_t size, void* body) noexcept {
  auto& text = *static_cast<std::string*>(body);
  if (size > maximum_body - text.size()) return 0;
  try {
    text.append(data, size);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

bool is_loopback(const std::string& url) {
  const Url parsed(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
    return false;
  const std::unique_ptr<char, decltype(&curl_free)> owned(host, curl_free);
  const auto name = lower(host);
  return name == "localhost" || name.starts_with("127.") || name == "[::1]";
}

}  // namespace

HttpClient::HttpClient(Seconds deadline) : handle_(nullptr), deadline_(deadline) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global == CURLE_OK) handle_ = curl_easy_init();
}

HttpClient::~HttpClient() {
  curl_easy_cleanup(handle_);
}

Status HttpClient::prepare(const std::string& url) {
  if (!handle_) return unreachable(url, "libcurl cannot be initialised");
  curl_easy_reset(handle_);
  bool set = true;
  const auto option = [&](CURLoption name, auto value) {
    set = set && curl_easy_setopt(handle_, name, value) == CURLE_OK;
  };
  option(CURLOPT_URL, url.c_str());
  option(CURLOPT_PROTOCOLS_STR, "http,https");
  option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  option(CURLOPT_FOLLOWLOCATION, 0L);
  option(CURLOPT_NOSIGNAL, 1L);  // of a thread of someone else's process
  option(CURLOPT_TIMEOUT, static_cast<long>(deadline_.count()));
  option(CURLOPT_USERAGENT, "scep-ra");
  if (is_loopback(url)) option(CURLOPT_PROXY, "");
  return set ? Status() : unreachable(url, "not a URL that can be asked");
}

Result<HttpAnswer> HttpClient::get(const std::string& url) {
  if (Status prepared = prepare(url); !prepared)
    return std::unexpected(std::move(prepared).error());
  return perform(url);
}

Result<HttpAnswer> HttpClient::post(const std::string& url, std::string_view content_type,
                                    Bytes body) {
  if (Status prepared = prepare(url); !prepared)
    return std::unexpected(std::move(prepared).error());
  // Without the second line curl may wait for `100 Continue`.
  HeaderList headers(
      curl_slist_append(nullptr, ("Content-Type: " + std::string(content_type)).c_str()),
      curl_slist_free_all);
  if (!headers || !curl_slist_append(headers.get(), "Expect:"))
    return unreachable(url, "out of memory");
  if (curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers.get()) != CURLE_OK ||
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(body.size())) != CURLE_OK ||
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.data()) != CURLE_OK)
    return unreachable(url, "libcurl takes no body");
  return perform(url);
}

Result<HttpAnswer> HttpClient::perform(const std::string& url) {
  HttpAnswer answer;
  std::array<char, CURL_ERROR_SIZE> why{};
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, why.data());
  const CURLcode result = curl_easy_perform(handle_);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
  if (result == CURLE_WRITE_ERROR) return unreachable(url, "the answer is larger than 1 MiB");
  if (result != CURLE_OK) return unreachable(url, why[0] ? why.data() : curl_easy_strerror(result));
  long status = 0;
  const char* content_type = nullptr;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_, CURLINFO_CONTENT_TYPE, &content_type);
  curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &retry_after);
  answer.status = static_cast<int>(status);
  if (content_type) answer.content_type = content_type;
  if (retry_after > 0) answer.retry_after = Seconds{retry_after};
  return answer;
}

}  // namespace scep_ra::net
