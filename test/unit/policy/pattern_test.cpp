#include "policy/pattern.h"

#include <chrono>

#include "catch.h"

using scep_ra::policy::Pattern;

TEST_CASE("a pattern is found anywhere unless it is anchored", "[policy]") {
  const auto ending = Pattern::compile("\\.example\\.test$").value();
  CHECK(ending.found_in("a.example.test"));
  CHECK_FALSE(ending.found_in("a.example.test.evil"));
  const auto whole = Pattern::compile("^[a-z]{1,4}$").value();
  CHECK(whole.found_in("abcd"));
  CHECK_FALSE(whole.found_in("abcde"));
  CHECK_FALSE(whole.found_in("ab\ncd"));
}

TEST_CASE("an alternative with anchors keeps its meaning", "[policy]") {
  const auto pattern = Pattern::compile("^a|b$").value();
  CHECK(pattern.found_in("ax"));
  CHECK(pattern.found_in("xb"));
  CHECK_FALSE(pattern.found_in("xax"));
}

TEST_CASE("what is no regular expression is refused when the file is read", "[policy]") {
  CHECK(Pattern::compile("(").error().code == scep_ra::Errc::config);
  CHECK(Pattern::compile("a)(b").error().code == scep_ra::Errc::config);
  CHECK(Pattern::compile("(a)\\1").error().code == scep_ra::Errc::config);
  CHECK(Pattern::compile("a{1,9999999}").error().code == scep_ra::Errc::config);
}

TEST_CASE("a device cannot make an unlucky pattern slow", "[policy]") {
  const auto pattern = Pattern::compile("^(a+)+$").value();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(pattern.found_in(std::string(4096, 'a') + "!"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}
