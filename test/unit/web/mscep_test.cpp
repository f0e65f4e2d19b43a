#include "web/mscep.h"

#include <tuple>

#include "catch.h"
#include "fixtures.h"
#include "ndes_bytes.h"

namespace scep_ra::web {
namespace {

using namespace std::string_literals;
using test::Bench;

// Not a message anybody could read, but it begins like one: what follows is enrolment's affair.
const std::string cms = "\x30\x82\x01\x02\xfb\xff\x00\x7e"s;
const std::string cms_base64 = "MIIBAvv/AH4=";

enrol::Outcome failed_with(Errc code, std::optional<Seconds> retry_after = std::nullopt) {
  return {std::nullopt, code, retry_after, {}};
}

void check_refused(const Bench& bench, const HttpReply& reply, int status) {
  CHECK(reply.status == status);
  CHECK(reply.content_type == "text/plain");
  CHECK(test::header(reply, "Cache-Control") == "no-store");
  CHECK(bench.messages.empty());
  REQUIRE(bench.told.size() == 1);
  CHECK(bench.told[0].at("name") == "message-unreadable");
  CHECK(bench.told[0].at("client_address") == "192.0.2.7");
  CHECK_FALSE(bench.told[0].at("reason").is_null());
  REQUIRE(reply.events.size() == 1);
  CHECK(reply.events[0].id == 107);
}

TEST_CASE("GetCACaps and GetCACert are answered with the exact types clients compare",
          "[web][req:T19][req:T20][req:T21][req:C1][req:C12]") {
  const Bench bench;
  const HttpReply caps = bench.enrol("GET", "operation=GetCACaps");
  CHECK(caps.status == 200);
  CHECK(caps.content_type == "text/plain");
  CHECK(caps.body == "POSTPKIOperation\nSHA-256");
  const HttpReply certificates = bench.enrol("GET", "operation=GetCACert");
  CHECK(certificates.status == 200);
  CHECK(certificates.content_type == "application/x-x509-ca-ra-cert");
  CHECK(certificates.body == "\x30\x03\x02\x01\x01");
  CHECK(bench.told.empty());
}

TEST_CASE("whatever a client sends as CA identifier gets the same answer",
          "[web][req:T11][req:C19]") {
  const auto query = GENERATE(
      as<std::string>{}, "operation=GetCACaps&message=", "operation=GetCACaps&message=0",
      "message=SCEP%20Authority&operation=GetCACaps", "operation=getcacaps&message=my+ca",
      "operation=GETCACAPS&message=%zz%00", "operation=GetCACaps&message", "a&operation=GetCACaps");
  CAPTURE(query);
  const Bench bench;
  CHECK(bench.enrol("GET", query).body == "POSTPKIOperation\nSHA-256");
  CHECK(bench.enrol("POST", query, "ignored").body == "POSTPKIOperation\nSHA-256");
  CHECK(bench.enrol("HEAD", query).body == "POSTPKIOperation\nSHA-256");
}

TEST_CASE("operations are served on any path below the location", "[web][req:T3]") {
  const Bench bench;
  HttpRequest request;
  request.method = "GET";
  request.query = "operation=GetCACaps";
  request.path = GENERATE("", "/", "/mscep.dll", "/MSCEP.DLL", "/mscep.dll/pkiclient.exe", "/x/y");
  CHECK(answer(*bench.site, Endpoint::enrol, request).status == 200);
}

TEST_CASE("a chain and a successor are not to be had", "[web][req:C21][req:C30]") {
  const Bench bench;
  CHECK(bench.enrol("GET", "operation=GetNextCACert").status == 404);
  CHECK(bench.enrol("GET", "operation=GetCACertChain").status == 404);
  CHECK(bench.enrol("GET", "operation=GetCAChain&message=0").status == 404);
}

TEST_CASE("a successor and a chain are answered from memory where they are",
          "[web][req:C21][req:C22][req:C31]") {
  Bench bench;
  bench.answers.next_ca_certificates = "\x30\x01\x01";
  bench.answers.ca_chain = "\x30\x01\x02";
  HttpRequest request;
  request.method = "GET";
  request.query = "operation=GetNextCACert&message=0";
  const auto next = answer_at_once(*bench.site, Endpoint::enrol, request);
  REQUIRE(next);
  CHECK(next->status == 200);
  CHECK(next->content_type == "application/x-x509-next-ca-cert");
  CHECK(next->body == "\x30\x01\x01");
  const HttpReply chain = bench.enrol("GET", "operation=GetCAChain&message=0");
  CHECK(chain.status == 200);
  CHECK(chain.content_type == "application/x-x509-ca-ra-cert-chain");
  CHECK(chain.body == "\x30\x01\x02");
}

TEST_CASE("what needs neither body nor store is answered at once, the rest later",
          "[web][req:C22]") {
  Bench bench;
  HttpRequest request;
  const auto at_once = [&](std::string method, std::string query) {
    request.method = std::move(method);
    request.query = std::move(query);
    return answer_at_once(*bench.site, Endpoint::enrol, request);
  };
  CHECK(at_once("GET", "operation=GetCACaps")->status == 200);
  CHECK(at_once("POST", "operation=GetCACert")->status == 200);
  CHECK(at_once("GET", "")->status == 200);
  CHECK(at_once("HEAD", "operation=GetCACaps")->status == 200);
  CHECK(at_once("GET", "operation=GetNextCACert")->status == 404);
  CHECK_FALSE(at_once("GET", "operation=PKIOperation&message=MAA="));
  CHECK_FALSE(at_once("POST", "operation=PKIOperation"));
  CHECK_FALSE(at_once("POST", ""));
  CHECK(bench.messages.empty());
}

TEST_CASE("a refusal is never told in the server's event loop, since its event takes a file",
          "[web][req:C22]") {
  HttpRequest request;
  std::tie(request.method, request.query) = GENERATE(table<std::string, std::string>({
      {"GET", "operation=none"},
      {"GET", "operation=GetCACaps&operation=GetCACaps"},
      {"GET", "message=MAA="},
      {"HEAD", "operation=PKIOperation&message=MAA="},
      {"POST", "operation="},
      {"PUT", "operation=PKIOperation"},
      {"TRACE", ""},
  }));
  const Bench bench;
  CHECK_FALSE(answer_at_once(*bench.site, Endpoint::enrol, request));
  CHECK(bench.told.empty());
  CHECK(answer(*bench.site, Endpoint::enrol, request).status >= 400);
  CHECK(bench.told.size() == 1);
}

TEST_CASE("a POST of octets is a PKIOperation whatever its Content-Type says",
          "[web][req:T1][req:T4][req:T18][req:T22]") {
  const Bench bench;
  HttpRequest request;
  request.method = "POST";
  request.query = "operation=PKIOperation";
  request.body = cms;
  request.remote_addr = "192.0.2.7";
  request.content_type = GENERATE("application/x-pki-message", "application/octet-stream",
                                  "application/x-www-form-urlencoded", "");
  const HttpReply reply = answer(*bench.site, Endpoint::enrol, request);
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "application/x-pki-message");
  CHECK(reply.body == "a CertRep");
  CHECK(test::header(reply, "Cache-Control") == "no-store");
  CHECK(bench.messages == std::vector{cms});
  CHECK(bench.clients == std::vector<std::string>{"192.0.2.7"});
  CHECK(bench.told.empty());
}

TEST_CASE("a POST of base64 text is decoded", "[web][req:T10]") {
  const Bench bench;
  CHECK(bench.enrol("POST", "operation=PKIOperation", "MIIBAvv/\r\nAH4=\r\n").status == 200);
  CHECK(bench.messages == std::vector{cms});
}

TEST_CASE("a POST without operation is a PKIOperation when its body looks like one",
          "[web][req:T5]") {
  const Bench bench;
  CHECK(bench.enrol("POST", "", cms).status == 200);
  CHECK(bench.enrol("POST", "message=ignored", cms_base64).status == 200);
  CHECK(bench.messages == std::vector{cms, cms});
}

TEST_CASE("a POST without operation and without a message is refused", "[web][req:T5][req:T24]") {
  const auto body = GENERATE(as<std::string>{}, "", "operation=GetCACaps", "hello", "aGVsbG8=");
  const Bench bench;
  check_refused(bench, bench.enrol("POST", "", body), 400);
}

TEST_CASE("a GET message is read the way each client writes it",
          "[web][req:T2][req:T8][req:T9][case:P9]") {
  const auto message =
      GENERATE(as<std::string>{}, "MIIBAvv/AH4=", "MIIBAvv%2FAH4%3D", "MIIBAvv%2FAH4%3D%0A",
               "MIIBAvv/AH4", "MIIBAvv_AH4", "MIIB%0D%0AAvv/%09AH4=", "MIIB%0AAvv/%0AAH4=%0A");
  CAPTURE(message);
  const Bench bench;
  CHECK(bench.enrol("GET", "operation=PKIOperation&message=" + message).status == 200);
  CHECK(bench.messages == std::vector{cms});
}

TEST_CASE("a plus sign survives however the client wrote it", "[web][req:T9]") {
  const auto plus = GENERATE(as<std::string>{}, "+", "%2B", "%20", "-");
  const Bench bench;
  CHECK(bench.enrol("GET", "message=MAH" + plus + "&operation=pkioperation").status == 200);
  CHECK(bench.messages == std::vector{"\x30\x01\xfe"s});
}

TEST_CASE("a GET message that is no base64, or none, is refused",
          "[web][req:T9][req:T12][case:P9]") {
  const auto query =
      GENERATE(as<std::string>{}, "operation=PKIOperation",
               "operation=PKIOperation&message=", "operation=PKIOperation&message",
               "operation=PKIOperation&message=%0A", "operation=PKIOperation&message=MII*",
               "operation=PKIOperation&message=MII%2", "operation=PKIOperation&message=MIIB%00Avv/",
               "operation=PKIOperation&message=MIIB%252B",
               "operation=PKIOperation&message=MIIB&message=MIIB");
  CAPTURE(query);
  const Bench bench;
  check_refused(bench, bench.enrol("GET", query), 400);
}

TEST_CASE("an empty or unreadable POST body is refused", "[web][req:T12][case:P1]") {
  const auto body = GENERATE(as<std::string>{}, "", "\r\n", "\x31\x00"s, "{\"json\":1}");
  const Bench bench;
  check_refused(bench, bench.enrol("POST", "operation=PKIOperation", body), 400);
}

TEST_CASE("a POST's message is its body, and a message parameter beside it is ignored",
          "[web][case:P9]") {
  const Bench bench;
  CHECK(bench.enrol("POST", "operation=PKIOperation&message=MAH%2B", cms).status == 200);
  CHECK(bench.messages == std::vector{cms});
}

TEST_CASE("a POST with an empty body is refused even with a message parameter", "[web][case:P9]") {
  const Bench bench;
  check_refused(bench, bench.enrol("POST", "operation=PKIOperation&message=" + cms_base64), 400);
}

TEST_CASE("an absent, repeated, unknown or broken operation is refused",
          "[web][req:T24][case:P9]") {
  const auto query = GENERATE(as<std::string>{}, "message=MAH%2B", "operation=", "operation=Enrol",
                              "operation=GetCACaps&operation=GetCACaps", "operation=GetCACaps%00",
                              "operation=GetCACaps%20", "foo=bar");
  CAPTURE(query);
  const Bench bench;
  const HttpReply reply = bench.enrol("GET", query);
  check_refused(bench, reply, 400);
  CHECK(bench.told[0].at("microsoft_id") == 16);
}

TEST_CASE("a message beyond the limit is refused, one at the limit is not",
          "[web][req:T14][case:P1]") {
  Bench bench;
  bench.site->maximum_message = cms.size();
  CHECK(bench.enrol("POST", "operation=PKIOperation", cms).status == 200);
  CHECK(bench.enrol("GET", "operation=PKIOperation&message=" + cms_base64).status == 200);
  bench.messages.clear();
  bench.site->maximum_message = cms.size() - 1;
  check_refused(bench, bench.enrol("POST", "operation=PKIOperation", cms), 413);
  CHECK(bench.told[0].at("reason") == "message-too-large");
  CHECK(bench.enrol("POST", "", cms).status == 413);
  CHECK(bench.enrol("GET", "operation=PKIOperation&message=" + cms_base64).status == 413);
  CHECK(bench.messages.empty());
}

TEST_CASE("a body that the server did not pass on is refused with one event",
          "[web][req:T14][case:P1]") {
  HttpRequest request;
  request.method = "POST";
  request.query = GENERATE("operation=PKIOperation", "");
  request.remote_addr = "192.0.2.7";
  request.body_too_large = true;
  const Bench bench;
  check_refused(bench, answer(*bench.site, Endpoint::enrol, request), 413);
  CHECK(bench.told[0].at("reason") == "message-too-large");
}

TEST_CASE("a body nobody asked for may have any size", "[web][req:T14][case:P1]") {
  HttpRequest request;
  request.method = "POST";
  request.query = "operation=GetCACaps";
  request.body_too_large = true;
  const Bench bench;
  CHECK(answer(*bench.site, Endpoint::enrol, request).status == 200);
  CHECK(bench.told.empty());
}

TEST_CASE("HEAD begins no transaction", "[web][req:T27]") {
  const Bench bench;
  const HttpReply reply = bench.enrol("HEAD", "operation=PKIOperation&message=" + cms_base64);
  check_refused(bench, reply, 405);
  CHECK(test::header(reply, "Allow") == "GET, POST");
}

TEST_CASE("other methods are refused and told what is allowed", "[web][req:T24][case:W7]") {
  const auto method = GENERATE(as<std::string>{}, "PUT", "DELETE", "OPTIONS", "TRACE", "get", "");
  const Bench bench;
  const HttpReply reply = bench.enrol(method, "operation=PKIOperation&message=" + cms_base64, cms);
  check_refused(bench, reply, 405);
  CHECK(test::header(reply, "Allow") == "GET, HEAD, POST");
}

TEST_CASE("an RA that cannot answer now says when to come back", "[web][req:T24]") {
  Bench bench;
  bench.outcome = failed_with(Errc::unavailable, Seconds{7});
  const HttpReply reply = bench.enrol("POST", "operation=PKIOperation", cms);
  CHECK(reply.status == 503);
  CHECK(test::header(reply, "Retry-After") == "7");
  CHECK(test::header(reply, "Cache-Control") == "no-store");
  bench.outcome = failed_with(Errc::unavailable);
  CHECK(test::header(bench.enrol("POST", "", cms), "Retry-After") == "30");
}

TEST_CASE("a message that is not CMS is 400 and a defect of ours 500, with the events of enrolment",
          "[web][req:T24]") {
  Bench bench;
  bench.outcome = failed_with(Errc::malformed);
  bench.outcome.events = {{107, Severity::warning, "its event"}};
  const HttpReply malformed = bench.enrol("POST", "operation=PKIOperation", cms);
  CHECK(malformed.status == 400);
  REQUIRE(malformed.events.size() == 1);
  CHECK(malformed.events[0].text == "its event");
  CHECK(bench.told.empty());
  bench.outcome = failed_with(Errc::internal);
  CHECK(bench.enrol("POST", "operation=PKIOperation", cms).status == 500);
}

TEST_CASE("no error echoes the request or tells how the RA is made", "[web][case:W10]") {
  const std::string mark = "<script>PRIVATE";
  const auto query = GENERATE_COPY("operation=" + mark, "operation=PKIOperation&message=" + mark,
                                   mark, "operation=x&operation=" + mark);
  const Bench bench;
  for (const std::string method : {"GET", "POST", "HEAD", "PUT"}) {
    const HttpReply reply = bench.enrol(method, query, mark);
    CHECK(reply.status >= 400);
    CHECK(reply.body.find("PRIVATE") == std::string::npos);
    CHECK(reply.body.size() < 40);
    CHECK(test::header(reply, "X-Content-Type-Options") == "nosniff");
  }
}

TEST_CASE("a browser that opens the devices' URL sees NDES's landing page", "[web][req:T23]") {
  const Bench bench;
  const HttpReply reply = bench.enrol("GET", "");
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "text/html");
  CHECK(test::header(reply, "X-Content-Type-Options") == "nosniff");
  CHECK(test::page_text(reply) ==
        test::page_head +
            "<P> This URL is used by network devices to submit certificate requests. "
            "<P> To obtain an enrollment challenge password, go to the admin URL. By default, the "
            "admin URL is http://ra.example.test/CertSrv/mscep_admin </P>" +
            test::page_tail);
  CHECK(bench.told.empty());
}

TEST_CASE("the landing page shows no host name that is none", "[web][case:W6]") {
  HttpRequest request;
  request.method = "GET";
  request.host = GENERATE("", "a\"><script>", "a b", "a/b", "h\xc3\xb6st");
  const Bench bench;
  const std::string text = test::page_text(answer(*bench.site, Endpoint::enrol, request));
  CHECK(text.find("the admin URL is /CertSrv/mscep_admin </P>") != std::string::npos);
}

TEST_CASE("SCEP's operations are known by name in any case", "[web][req:T6]") {
  CHECK(is_scep_operation("pkioperation"));
  CHECK(is_scep_operation("GetNextCACert"));
  CHECK_FALSE(is_scep_operation("NDESGenerateChallenge"));
  CHECK_FALSE(is_scep_operation(""));
}

}  // namespace
}  // namespace scep_ra::web
