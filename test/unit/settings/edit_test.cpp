#include "settings/edit.h"

#include "catch.h"

using namespace scep_ra;
using namespace scep_ra::settings;

namespace {

const std::string text = R"([ra]
name = "Zürich"   # the site

[ca]   # embedded
certificate = "ca.pem"   # issuing
key         = "ca.key"
chain       = [  # up to the root
  "root.pem",
]

[templates]
signature = "Device"
)";

std::string changed_to(const std::vector<Change>& changes, const std::string& from = text) {
  auto made = changed_text(from, changes);
  return made ? *made : "refused: " + made.error().detail;
}

}  // namespace

TEST_CASE("a value is changed in its place, and the comments around it stay", "[settings]") {
  CHECK(changed_to({{"ca.certificate", "\"ca-2.pem\""}}) ==
        std::string(text).replace(text.find("\"ca.pem\""), 8, "\"ca-2.pem\""));
  CHECK(changed_to({{"ra.name", "\"Genève\""}}) ==
        std::string(text).replace(text.find("\"Zürich\""), 9, "\"Genève\""));
}

TEST_CASE("a list over several lines is changed as a whole", "[settings]") {
  const auto made = changed_to({{"ca.chain", toml_list({"above.pem", "root.pem"})}});
  CHECK(made.contains("chain       = [\"above.pem\", \"root.pem\"]\n\n[templates]"));
}

TEST_CASE("a new key comes behind the last one of its table", "[settings]") {
  const auto made = changed_to({{"ca.former", "[\"old.pem\"]"}});
  CHECK(made.contains("  \"root.pem\",\n]\nformer = [\"old.pem\"]\n\n[templates]"));
}

TEST_CASE("a key goes with its line, and one that is not there is no fault", "[settings]") {
  CHECK_FALSE(changed_to({{"ca.key", ""}}).contains("ca.key"));
  CHECK(changed_to({{"ca.key", ""}}).contains("# issuing\nchain"));
  CHECK(changed_to({{"ca.next_key", ""}}) == text);
}

TEST_CASE("several changes are made together", "[settings]") {
  const auto made = changed_to({{"ca.next_key", "\"next.key\""}, {"ca.next_certificate", "\"n\""}});
  CHECK(made.contains("]\nnext_key = \"next.key\"\nnext_certificate = \"n\"\n"));
  CHECK(changed_to({{"ca.next_key", ""}, {"ca.next_certificate", ""}}, made) == text);
}

TEST_CASE("a file whose form does not allow it is left to the operator, with the lines",
          "[settings]") {
  const std::string in_one_line = "ca = { certificate = \"ca.pem\", key = \"ca.key\" }\n";
  CHECK(changed_to({{"ca.former", "[\"old.pem\"]"}}, in_one_line) ==
        "refused: the configuration cannot be changed in its present form; write by hand:"
        "\n  ca.former = [\"old.pem\"]");
  CHECK(changed_to({{"ca.key", ""}}, in_one_line).starts_with("refused: "));
  CHECK(changed_to({{"ca.key", "\"other.key\""}}, in_one_line) ==
        "ca = { certificate = \"ca.pem\", key = \"other.key\" }\n");
  CHECK(changed_to({{"nothing.at_all", "1"}}).starts_with("refused: "));
}

TEST_CASE("text becomes a TOML string whatever is in it", "[settings]") {
  CHECK(toml_text("a\"b\\c\n") == R"("a\"b\\c\u000A")");
  CHECK(toml_list({}) == "[]");
}
