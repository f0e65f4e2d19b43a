#include "web/mscep_admin.h"

#include "catch.h"
#include "fixtures.h"
#include "ndes_bytes.h"
#include "scep-ra/config.h"

namespace scep_ra::web {
namespace {

using test::Bench;

void check_refused(const Bench& bench, const HttpReply& reply, int status,
                   std::string_view reason) {
  CHECK(reply.status == status);
  CHECK(test::header(reply, "Cache-Control") == "no-store");
  CHECK_FALSE(test::has_header(reply, "ETag"));
  CHECK(bench.challenge.minted.empty());
  REQUIRE(bench.told.size() == 1);
  CHECK(bench.told[0].at("name") == "password-refused");
  CHECK(bench.told[0].at("reason") == reason);
  REQUIRE(reply.events.size() == 1);
  CHECK(reply.events[0].id == 113);
}

HttpRequest with_header(std::string name, std::string value) {
  HttpRequest request = Bench::admin_request();
  request.headers = {{std::move(name), std::move(value)}};
  return request;
}

TEST_CASE("a listed user gets a password for himself, on the page or by the file's name",
          "[web][admin]") {
  HttpRequest request = Bench::admin_request();
  request.path = GENERATE("", "/", "/mscep.dll", "/MSCEP.dll", "/mscep.dll/pkiclient.exe");
  request.method = GENERATE("GET", "POST");
  const Bench bench;
  const HttpReply reply = bench.ask(request);
  CHECK(reply.status == 200);
  CHECK(test::page_text(reply) == test::password_page_bytes);
  REQUIRE(bench.challenge.minted.size() == 1);
  CHECK(bench.challenge.minted[0].user == "CONTOSO\\svc-jamf");
  CHECK(bench.challenge.minted[0].address == "192.0.2.9");
  CHECK(bench.told.empty());
}

TEST_CASE("no cache keeps a password and no other site frames its page",
          "[web][admin][case:W4][case:W6]") {
  const HttpReply reply = Bench().ask(Bench::admin_request());
  CHECK(test::header(reply, "Cache-Control") == "no-store");
  CHECK_FALSE(test::has_header(reply, "ETag"));
  CHECK(test::header(reply, "X-Content-Type-Options") == "nosniff");
  CHECK(test::header(reply, "X-Frame-Options") == "DENY");
  CHECK(test::header(reply, "Content-Security-Policy").starts_with("default-src 'none'"));
}

TEST_CASE("nobody gets nothing from the admin face, by no method and on no path",
          "[web][admin][case:W1]") {
  HttpRequest request = Bench::admin_request();
  request.remote_user = "";
  request.method = GENERATE("GET", "HEAD", "POST", "OPTIONS");
  request.query = GENERATE("", "operation=NDESGenerateChallenge", "operation=GetCACaps");
  Bench bench;
  bench.admin.users = {"*", ""};
  check_refused(bench, bench.ask(request), 403, "user-not-allowed");
}

TEST_CASE("a user who is not listed gets NDES's no-permission page", "[web][admin][case:W1]") {
  HttpRequest request = Bench::admin_request();
  request.remote_user = GENERATE("svc-jamf", "contoso\\svc-jamf", "Admin", "admin ", "*");
  const Bench bench;
  const HttpReply reply = bench.ask(request);
  check_refused(bench, reply, 200, "user-not-allowed");
  CHECK(test::page_text(reply) == test::no_permission_page_bytes);
  CHECK(bench.told[0].at("user") == request.remote_user);
  CHECK(bench.told[0].at("microsoft_id") == 6);
}

TEST_CASE("a star lets in whoever the server let in", "[web][admin][case:W1]") {
  Bench bench;
  bench.admin.users = {"*"};
  HttpRequest request = Bench::admin_request();
  request.remote_user = "somebody";
  CHECK(bench.ask(request).status == 200);
  CHECK(bench.challenge.minted.size() == 1);
}

TEST_CASE("methods without a meaning here mint nothing", "[web][admin][case:W1]") {
  HttpRequest request = Bench::admin_request();
  request.method = GENERATE("HEAD", "OPTIONS", "PUT", "DELETE", "get");
  const Bench bench;
  const HttpReply reply = bench.ask(request);
  check_refused(bench, reply, 405, "method-not-allowed");
  CHECK(test::header(reply, "Allow") == "GET, POST");
}

TEST_CASE("passwords are given over TLS only, unless the operator says otherwise",
          "[web][admin][case:W2]") {
  HttpRequest request = Bench::admin_request();
  request.over_tls = false;
  Bench bench;
  check_refused(bench, bench.ask(request), 403, "channel-not-allowed");
  bench.admin.require_tls = false;
  CHECK(bench.ask(request).status == 200);
}

TEST_CASE("only a trusted proxy's word counts as TLS", "[web][admin][case:W2]") {
  HttpRequest request = with_header("x-forwarded-proto", "https");
  request.over_tls = false;
  request.peer_addr = GENERATE("192.0.2.1", "::ffff:192.0.2.1", "2001:db8:0:0::1");
  CHECK(Bench().ask(request).status == 200);
  request.peer_addr = GENERATE("192.0.2.2", "2001:db8::2", "", "unix:");
  const Bench bench;
  check_refused(bench, bench.ask(request), 403, "channel-not-allowed");
}

TEST_CASE("a client behind another proxy cannot pass for the trusted one",
          "[web][admin][case:W2]") {
  HttpRequest request = with_header("X-Forwarded-Proto", "https");
  request.over_tls = false;
  request.remote_addr = "192.0.2.1";  // as a forged X-Forwarded-For may say
  request.peer_addr = "192.0.2.2";
  const Bench bench;
  check_refused(bench, bench.ask(request), 403, "channel-not-allowed");
}

TEST_CASE("a trusted proxy must say https, once and exactly", "[web][admin][case:W2]") {
  HttpRequest request =
      with_header("X-Forwarded-Proto", GENERATE("http", "https, http", "", "httpsx"));
  request.over_tls = false;
  request.peer_addr = "192.0.2.1";
  const Bench bench;
  check_refused(bench, bench.ask(request), 403, "channel-not-allowed");
  request.headers = {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}};
  CHECK(bench.ask(request).status == 403);
}

TEST_CASE("a browser that asks ahead of time mints nothing", "[web][admin][case:W3]") {
  const auto [name, value] = GENERATE(table<std::string, std::string>({
      {"Sec-Purpose", "prefetch"},
      {"sec-purpose", "prefetch;prerender"},
      {"Purpose", "prefetch"},
      {"X-Purpose", "preview"},
      {"X-Moz", "prefetch"},
  }));
  const Bench bench;
  check_refused(bench, bench.ask(with_header(name, value)), 403, "method-not-allowed");
}

TEST_CASE("a page of another site mints nothing", "[web][admin][case:W3]") {
  const auto [name, value] = GENERATE(table<std::string, std::string>({
      {"Sec-Fetch-Site", "cross-site"},
      {"Sec-Fetch-Site", "same-site"},  // an image or a script; no navigation
      {"Sec-Fetch-Site", "new-word"},
      {"Origin", "https://evil.example"},
      {"Origin", "https://ra.example.test.evil.example"},
      {"Origin", "null"},
      {"Referer", "https://evil.example/ra.example.test"},
      {"Referer", "https://evil.example?://ra.example.test/"},
  }));
  CAPTURE(name, value);
  HttpRequest request = with_header(name, value);
  request.method = GENERATE("GET", "POST");
  const Bench bench;
  check_refused(bench, bench.ask(request), 403, "method-not-allowed");
}

TEST_CASE("a person who opens, reloads or follows a link on the same site gets a password",
          "[web][admin][case:W3]") {
  HttpRequest request = Bench::admin_request();
  request.headers = GENERATE(values<Headers>({
      {},
      {{"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}},
      {{"Sec-Fetch-Site", "same-origin"}, {"Referer", "https://ra.example.test/certsrv/"}},
      {{"sec-fetch-site", "same-site"},
       {"sec-fetch-mode", "navigate"},
       {"sec-fetch-dest", "document"},
       {"referer", "https://wiki.example.test/"}},
      {{"Origin", "https://RA.example.test"}},
      {{"Referer", "https://ra.example.test:8443/certsrv/mscep_admin/"}},
  }));
  CHECK(Bench().ask(request).status == 200);
}

TEST_CASE("a server that reports its port is compared with it", "[web][admin][case:W3]") {
  HttpRequest request = with_header("Origin", "https://[::1]:8443");
  request.host = GENERATE("[::1]:8443", "[::1]");
  CHECK(Bench().ask(request).status == 200);
  request.host = "[::1]:443";
  CHECK(Bench().ask(request).status == 403);
}

TEST_CASE("the server modules copy every header the admin face looks at", "[web][admin]") {
  const auto names = headers_of_interest();
  for (const std::string_view name :
       {"Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Purpose",
        "Purpose", "X-Purpose", "X-Moz", "X-Forwarded-Proto"})
    CHECK(std::ranges::count(names, name) == 1);
}

TEST_CASE("a full cache is NDES's page with status 200", "[web][admin][case:W5]") {
  Bench bench;
  bench.challenge.error = Error{Errc::denied, Reason::password_cache_full, "5 are outstanding"};
  const HttpReply reply = bench.ask(Bench::admin_request());
  CHECK(reply.status == 200);
  CHECK(test::page_text(reply) == test::cache_full_page_bytes);
  CHECK(test::header(reply, "Cache-Control") == "no-store");
}

TEST_CASE("what is told of a password reaches the server's log too", "[web][admin]") {
  Bench bench;
  bench.challenge.events = {{101, Severity::info, "password-issued"}};
  HttpRequest request = Bench::admin_request();
  request.query = GENERATE("", "operation=NDESGenerateChallenge");
  const HttpReply given = bench.ask(request);
  REQUIRE(given.events.size() == 1);
  CHECK(given.events[0].id == 101);
  bench.challenge.events = {{102, Severity::warning, "password-cache-full"}};
  bench.challenge.error = Error{Errc::denied, Reason::password_cache_full, "5 are outstanding"};
  const HttpReply full = bench.ask(request);
  REQUIRE(full.events.size() == 1);
  CHECK(full.events[0].id == 102);
}

TEST_CASE("a body too large to be passed on mints nothing", "[web][admin][case:P1]") {
  HttpRequest request = Bench::admin_request();
  request.method = "POST";
  request.body_too_large = true;
  const Bench bench;
  check_refused(bench, bench.ask(request), 413, "message-too-large");
}

TEST_CASE("a store that is away is 503 and no page", "[web][admin][case:F3]") {
  Bench bench;
  bench.challenge.error = Error{Errc::unavailable, Reason::store_unavailable, "disk I/O error"};
  const HttpReply reply = bench.ask(Bench::admin_request());
  CHECK(reply.status == 503);
  CHECK(test::header(reply, "Retry-After") == "30");
  CHECK(reply.body == "temporarily unavailable");
  REQUIRE(bench.told.size() == 1);
  CHECK(bench.told[0].at("name") == "store-unavailable");
  CHECK(bench.told[0].at("detail") == "disk I/O error");
  CHECK(reply.events.size() == 1);
}

TEST_CASE("where no passwords are handed out there is no page", "[web][admin]") {
  Bench bench;
  bench.challenge.error = Error{Errc::denied, Reason::method_not_allowed, "kind is none"};
  check_refused(bench, bench.ask(Bench::admin_request()), 404, "method-not-allowed");
}

TEST_CASE("a defect while minting is 500 and tells nothing", "[web][admin][case:W10]") {
  Bench bench;
  bench.challenge.error = Error{Errc::internal, Reason::internal_error, "sqlite said PRIVATE"};
  const HttpReply reply = bench.ask(Bench::admin_request());
  CHECK(reply.status == 500);
  CHECK(reply.body == "internal error");
  check_refused(bench, reply, 500, "internal-error");
}

TEST_CASE("NDESGenerateChallenge gives the password as text", "[web][admin]") {
  HttpRequest request = Bench::admin_request();
  request.query = GENERATE("operation=NDESGenerateChallenge&keyUsage=160&params=a%20b",
                           "Operation=ndesgeneratechallenge");
  const Bench bench;
  const HttpReply reply = bench.ask(request);
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "text/plain");
  CHECK(reply.body == "8CE317021F690069");
  CHECK(test::header(reply, "Cache-Control") == "no-store");
  CHECK(bench.challenge.minted.size() == 1);
}

TEST_CASE("a program is never given a page that it could take for a password", "[web][admin]") {
  HttpRequest request = Bench::admin_request();
  request.query = "operation=NDESGenerateChallenge";
  Bench full;
  full.challenge.error = Error{Errc::denied, Reason::password_cache_full, ""};
  const HttpReply reply = full.ask(request);
  CHECK(reply.status == 503);
  CHECK(test::header(reply, "Retry-After") == "60");
  request.remote_user = "somebody";
  const Bench bench;
  check_refused(bench, bench.ask(request), 403, "user-not-allowed");
}

TEST_CASE("NDESGetCACertThumbprint gives the page's thumbprint and mints nothing",
          "[web][admin][req:C20]") {
  HttpRequest request = Bench::admin_request();
  request.query = "operation=NDESGetCACertThumbprint";
  const Bench bench;
  const HttpReply reply = bench.ask(request);
  CHECK(reply.status == 200);
  CHECK(reply.body == "A656FA66 AB12B433 A2DA5CF7 CC153D9A");
  CHECK(bench.challenge.minted.empty());
  request.remote_user = "somebody";
  CHECK(bench.ask(request).status == 403);
}

TEST_CASE("SCEP operations named in the URL are served on the admin face too", "[web][admin]") {
  HttpRequest request = Bench::admin_request();
  request.path = "/mscep.dll/pkiclient.exe";
  request.remote_user = GENERATE("admin", "somebody");
  request.query = "operation=GetCACaps&message=x";
  const Bench bench;
  CHECK(bench.ask(request).body == "POSTPKIOperation\nSHA-256");
  request.query = "operation=PKIOperation";
  request.method = "POST";
  request.body = "\x30\x01\x01";
  CHECK(bench.ask(request).body == "a CertRep");
  CHECK(bench.challenge.minted.empty());
}

TEST_CASE("an unknown or repeated operation mints nothing", "[web][admin][case:P9]") {
  HttpRequest request = Bench::admin_request();
  request.query = GENERATE("operation=", "operation=mint", "operation=NDESGenerateChallenge%00",
                           "operation=NDESGenerateChallenge&operation=NDESGenerateChallenge");
  const Bench bench;
  check_refused(bench, bench.ask(request), 400, "http-request-invalid");
}

TEST_CASE("other paths of the admin face are not there", "[web][admin]") {
  HttpRequest request = Bench::admin_request();
  request.path = GENERATE("/console/", "/api/passwords", "/mscep.dllx", "//", "/favicon.ico");
  const Bench bench;
  CHECK(bench.ask(request).status == 404);
  CHECK(bench.challenge.minted.empty());
}

TEST_CASE("the admin face is never answered at once", "[web][admin]") {
  const Bench bench;
  CHECK_FALSE(answer_at_once(*bench.site, Endpoint::admin, Bench::admin_request()));
}

}  // namespace
}  // namespace scep_ra::web
