#include "web/status.h"

#include "catch.h"
#include "fixtures.h"

namespace scep_ra::web {
namespace {

using nlohmann::json;
using test::Bench;

HttpReply ask(const Bench& bench, std::string path, std::string method = "GET") {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  return answer(*bench.site, Endpoint::status, request);
}

TEST_CASE("a node that is fit says so", "[web][status]") {
  const Bench bench;
  const HttpReply ready = ask(bench, "/ready");
  CHECK(ready.status == 200);
  CHECK(ready.content_type == "application/json");
  CHECK(test::header(ready, "Cache-Control") == "no-store");
  CHECK(json::parse(ready.body) == json{{"status", "ready"}, {"reasons", json::array()}});
  const HttpReply health = ask(bench, "/health", "HEAD");
  CHECK(health.status == 200);
  CHECK(json::parse(health.body).at("status") == "healthy");
}

TEST_CASE("health tells what is wrong, and a balancer keeps a node that only lacks its CA",
          "[web][status]") {
  Bench bench;
  bench.health.unhealthy = {"ca-unreachable"};
  const HttpReply health = ask(bench, "/health");
  CHECK(health.status == 503);
  CHECK(json::parse(health.body) == json{{"status", "unhealthy"}, {"reasons", {"ca-unreachable"}}});
  CHECK(ask(bench, "/ready").status == 200);
}

TEST_CASE("a node without its store is not ready", "[web][status]") {
  Bench bench;
  bench.health.not_ready = bench.health.unhealthy = {"store-unavailable"};
  const HttpReply ready = ask(bench, "/ready");
  CHECK(ready.status == 503);
  CHECK(json::parse(ready.body) ==
        json{{"status", "not ready"}, {"reasons", {"store-unavailable"}}});
}

TEST_CASE("the status face has nothing else", "[web][status]") {
  const Bench bench;
  CHECK(ask(bench, "/").status == 404);
  CHECK(ask(bench, "").status == 404);
  CHECK(ask(bench, "/health/x").status == 404);
  const HttpReply post = ask(bench, "/health", "POST");
  CHECK(post.status == 405);
  CHECK(test::header(post, "Allow") == "GET, HEAD");
}

TEST_CASE("what may block on the status face is not answered at once", "[web][status]") {
  HttpRequest request;
  request.method = "GET";
  request.path = "/ready";
  const Bench bench;
  CHECK_FALSE(answer_at_once(*bench.site, Endpoint::status, request));
  request.path = "/other";
  CHECK(answer_at_once(*bench.site, Endpoint::status, request)->status == 404);
}

}  // namespace
}  // namespace scep_ra::web
