#include "net/http_client.h"

#include <chrono>
#include <cstdlib>

#include "catch.h"
#include "net/make_server.h"

using namespace scep_ra;
using test::LoopbackServer;

namespace {

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a GET brings status, type and body", "[net]") {
  LoopbackServer server({answer("200 OK", "Content-Type: text/plain\r\n", "AES\nSHA-256")});
  net::HttpClient client(Seconds{5});
  const auto got = client.get(server.url("/scep?operation=GetCACaps"));
  REQUIRE(got);
  CHECK(got->status == 200);
  CHECK(got->content_type == "text/plain");
  CHECK(got->body == "AES\nSHA-256");
  CHECK(server.requests()[0].starts_with("GET /scep?operation=GetCACaps HTTP/1.1\r\n"));
}

TEST_CASE("a POST sends its octets as they are", "[net]") {
  LoopbackServer server({answer("200 OK", "", "")});
  net::HttpClient client(Seconds{5});
  const Buffer body{0x30, 0x00, 0x0a, 0xff};
  REQUIRE(client.post(server.url("/scep"), "application/x-pki-message", body));
  const auto request = server.requests()[0];
  CHECK(request.contains("\r\nContent-Type: application/x-pki-message\r\n"));
  CHECK(request.contains("\r\nContent-Length: 4\r\n"));
  CHECK_FALSE(request.contains("Expect"));
  CHECK(request.ends_with(std::string("\r\n\r\n\x30\x00\x0a\xff", 8)));
}

TEST_CASE("a GET after a POST carries no body", "[net]") {
  LoopbackServer server({answer("200 OK", "", ""), answer("200 OK", "", "")});
  net::HttpClient client(Seconds{5});
  REQUIRE(client.post(server.url("/"), "text/plain", as_bytes("x")));
  REQUIRE(client.get(server.url("/")));
  CHECK(server.requests()[1].starts_with("GET / HTTP/1.1\r\n"));
  CHECK_FALSE(server.requests()[1].contains("Content-Type"));
}

TEST_CASE("a redirect is an answer and is not followed", "[net]") {
  LoopbackServer server({answer("302 Found", "Location: /elsewhere\r\n", "")});
  net::HttpClient client(Seconds{5});
  CHECK(client.get(server.url("/"))->status == 302);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a server that is busy says when to come again", "[net]") {
  LoopbackServer server({answer("503 Service Unavailable", "Retry-After: 7\r\n", "")});
  net::HttpClient client(Seconds{5});
  const auto got = client.get(server.url("/"));
  REQUIRE(got);
  CHECK(got->status == 503);
  CHECK(got->retry_after == Seconds{7});
}

TEST_CASE("a body of 1 MiB is taken, one octet more is not", "[net]") {
  LoopbackServer server({answer("200 OK", "", std::string(1 << 20, 'x')),
                         answer("200 OK", "", std::string((1 << 20) + 1, 'x'))});
  net::HttpClient client(Seconds{5});
  CHECK(client.get(server.url("/"))->body.size() == 1 << 20);
  const auto too_large = client.get(server.url("/"));
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().detail.contains("larger than 1 MiB"));
}

TEST_CASE("a silent server costs no more than the deadline", "[net]") {
  LoopbackServer server({""});
  net::HttpClient client(Seconds{1});
  const auto start = std::chrono::steady_clock::now();
  const auto got = client.get(server.url("/"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(4));
  REQUIRE_FALSE(got);
  CHECK(got.error().code == Errc::unavailable);
}

TEST_CASE("nobody listening is an error that names the URL", "[net]") {
  net::HttpClient client(Seconds{2});
  const auto got = client.get("http://127.0.0.1:1/scep");
  REQUIRE_FALSE(got);
  CHECK(got.error().code == Errc::unavailable);
  CHECK(got.error().detail.starts_with("http://127.0.0.1:1/scep: "));
}

TEST_CASE("only http and https are asked", "[net]") {
  net::HttpClient client(Seconds{2});
  CHECK_FALSE(client.get("file:///etc/hostname"));
  CHECK_FALSE(client.get("nonsense"));
}

TEST_CASE("a proxy of the environment does not stand before loopback", "[net]") {
  REQUIRE(setenv("http_proxy", "http://127.0.0.1:1", 1) == 0);
  LoopbackServer server({answer("200 OK", "", "here")});
  net::HttpClient client(Seconds{5});
  const auto direct = client.get(server.url("/"));
  const auto proxied = client.get("http://192.0.2.1/");
  unsetenv("http_proxy");
  REQUIRE(direct);
  CHECK(direct->body == "here");
  REQUIRE_FALSE(proxied);
  CHECK(proxied.error().detail.contains("127.0.0.1"));
}
