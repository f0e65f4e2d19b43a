// How the programs that read passwords off NDES's page find them (ndes-behaviour 4): each test does
// what one of them does, on the bytes we send.

#include <algorithm>
#include <iterator>
#include <regex>
#include <sstream>

#include "catch.h"
#include "fixtures.h"
#include "ndes_bytes.h"

namespace scep_ra::web {
namespace {

using test::Bench;

const std::string password = "8CE317021F690069";

std::string password_page() {
  return test::page_text(Bench().ask(Bench::admin_request()));
}

std::string cache_full_page() {
  Bench bench;
  bench.challenge.error = Error{Errc::denied, Reason::password_cache_full, ""};
  return test::page_text(bench.ask(Bench::admin_request()));
}

std::string no_permission_page() {
  HttpRequest request = Bench::admin_request();
  request.remote_user = "somebody";
  return test::page_text(Bench().ask(request));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string between(const std::string& text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

std::string between_last(const std::string& text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from) + from.size();
  return text.substr(begin, text.rfind(to) - begin);
}

std::string found(const std::string& text, const std::string& expression, std::size_t group = 1) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(expression, std::regex::icase))) return {};
  return match[group];
}

std::string found_exactly(const std::string& text, const std::string& expression) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(expression))) return {};
  return match[1];
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

TEST_CASE("the three pages are NDES's, byte for byte", "[web][scraper]") {
  CHECK(password_page() == test::password_page_bytes);
  CHECK(cache_full_page() == test::cache_full_page_bytes);
  CHECK(no_permission_page() == test::no_permission_page_bytes);
}

TEST_CASE("the three pages have NDES's lengths and no line break", "[web][scraper]") {
  CHECK(password_page().size() == 1251);
  CHECK(cache_full_page().size() == 1270);
  CHECK(no_permission_page().size() == 885);
  CHECK_FALSE(contains(password_page() + cache_full_page() + no_permission_page(), "\n"));
}

TEST_CASE("Fleet finds the password and knows both refusals", "[web][scraper]") {
  CHECK(found(password_page(), R"(The enrollment challenge password is: <B> (\S*))") == password);
  CHECK(contains(cache_full_page(), "The password cache is full."));
  CHECK(
      contains(no_permission_page(), "You do not have sufficient permission to enroll with SCEP."));
}

TEST_CASE("Zentral finds the password with either of its expressions", "[web][scraper]") {
  CHECK(found_exactly(password_page(), "challenge password is: <B> ([A-Z0-9]{16,32}) </B>") ==
        password);
  CHECK(found_exactly(password_page(), R"(challenge password is: <B> ([a-zA-Z0-9_\-]+) </B>)") ==
        password);
}

TEST_CASE("Get-NDESOTP's first run of 16 hex digits is the password", "[web][scraper]") {
  CHECK(found(password_page(), "[A-F0-9]{16}", 0) == password);
}

TEST_CASE("the iLO script's first word of 16 hex digits is the password", "[web][scraper]") {
  HttpRequest request = Bench::admin_request();
  request.method = "POST";
  request.content_type = "application/x-www-form-urlencoded";
  request.body = "operation=GetCACaps";
  const std::string page = test::page_text(Bench().ask(request));
  const std::vector<std::string> words = words_of(page);
  const auto word = std::ranges::find_if(words, [](const std::string& text) {
    return std::regex_search(text, std::regex("^[A-F0-9]{16}", std::regex::icase));
  });
  REQUIRE(word != words.end());
  CHECK(*word == password);
}

TEST_CASE("scep_connector finds the sentence one space behind a tag", "[web][scraper]") {
  const std::string page = password_page();
  const auto segments = split(page, '>');
  const auto segment = std::ranges::find_if(segments, [](std::string_view text) {
    return text.find("The enrollment challenge password is: <B") == 1;
  });
  REQUIRE(segment != segments.end());
  CHECK(std::string(*(segment + 1)).substr(1, 16) == password);
  CHECK(contains(cache_full_page(), "cache is full"));
}

TEST_CASE("a security tool reads password, life and the state of the server", "[web][scraper]") {
  const std::string page = password_page();
  CHECK(contains(page, "Network Device Enrollment Service"));
  CHECK_FALSE(contains(page, "You do not have sufficient permission"));
  CHECK_FALSE(contains(page, "The password cache is full"));
  CHECK_FALSE(contains(page, "will not expire"));
  CHECK(between_last(page, "will expire within ", " minutes") == "60");
  CHECK(between_last(page, "password is: <B> ", "</B>") == password + " ");
  CHECK(contains(no_permission_page(), "You do not have sufficient permission"));
  CHECK(contains(cache_full_page(), "The password cache is full"));
}

TEST_CASE("a commercial MDM finds the password between two sentences", "[web][scraper]") {
  CHECK(between(password_page(), "The enrollment challenge password is: <B> ",
                " </B> <P> This password can be used only once") == password);
}

TEST_CASE("Junos finds the password when its parser has lower-cased the tags", "[web][scraper]") {
  std::string page = password_page();
  for (auto at = page.find("<B>"); at != std::string::npos; at = page.find("<B>", at))
    page.replace(at, 3, "<b>");
  CHECK(found_exactly(page, "The enrollment challenge password is: <b> ([A-Z0-9]+) ") == password);
}

TEST_CASE("the SCEPwright client's lazy expression ends at the password", "[web][scraper]") {
  CHECK(found(password_page(), "challenge password.*?([0-9A-Fa-f]{8,64})") == password);
}

TEST_CASE("the shell recipe finds the password", "[web][scraper]") {
  CHECK(found_exactly(password_page(), R"(challenge password is: <B> (\w*))") == password);
}

TEST_CASE("every decoder takes the pages for UTF-16", "[web][scraper]") {
  const HttpReply reply = Bench().ask(Bench::admin_request());
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "text/html");
  CHECK(reply.body.size() == 2 + 2 * 1251);
  CHECK(reply.body.starts_with(std::string("\xff\xfe<\0H\0", 6)));
}

TEST_CASE("the password's end tag is the page's last and no long hex run stands before it",
          "[web][scraper]") {
  const std::string page = password_page();
  const auto at = page.find(password);
  CHECK(page.find("</B>", at) == page.rfind("</B>"));
  CHECK(found(page.substr(0, at), "[0-9A-F]{16}", 0).empty());
}

TEST_CASE("the numbers on the pages are those in force", "[web][scraper]") {
  Bench bench;
  bench.page.validity = std::chrono::minutes{15};
  bench.page.maximum = 250;
  CHECK(contains(test::page_text(bench.ask(Bench::admin_request())),
                 "only once and will expire within 15 minutes. <P> Each"));
  bench.page.validity = Seconds{119};
  CHECK(contains(test::page_text(bench.ask(Bench::admin_request())), "within 1 minutes."));
  bench.challenge.error = Error{Errc::denied, Reason::password_cache_full, ""};
  const std::string full = test::page_text(bench.ask(Bench::admin_request()));
  CHECK(contains(full, "to cache more than 250 passwords. </LI>"));
  CHECK(contains(full, "By default, passwords are stored for 60 minutes.<P>Use"));
}

}  // namespace
}  // namespace scep_ra::web
