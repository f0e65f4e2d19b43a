#include "tool/configuration_change.h"

#include <sys/stat.h>

#include "catch.h"
#include "make_folder.h"
#include "tool/new_ra.h"

using namespace scep_ra;
using namespace scep_ra::test;
using tool::ConfigurationChange;
namespace fs = std::filesystem;

namespace {

// An RA as `init` makes it, once.
const Path& made_ra() {
  static const Folder folder;
  static const Path configuration = [] {
    const auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
    tool::NewRaWishes wishes;
    wishes.ra_name = "RA";
    wishes.ca_key = "ec:P-256";
    wishes.user = user_name();
    return tool::make_new_ra(library, folder.path / "ra" / "scep-ra.toml", wishes)
        .value()
        .configuration;
  }();
  return configuration;
}

std::string text_of(const Path& file) {
  return read_file(file, 1 << 20, Rights::any).value();
}

}  // namespace

TEST_CASE("files and configuration change together, and comments stay", "[tool]") {
  const Path& configuration = made_ra();
  const std::string before = text_of(configuration);
  struct stat status_before{};
  REQUIRE(stat(configuration.c_str(), &status_before) == 0);
  ConfigurationChange change(configuration);
  const std::string stem = change.free_stem("issuing-ca");
  CHECK(stem == "issuing-ca-2");
  change.add_file(stem + ".pem", text_of(configuration.parent_path() / "issuing-ca.pem"), 0644);
  change.set("ca.certificate", settings::toml_text(stem + ".pem"));
  REQUIRE(change.commit());
  const std::string after = text_of(configuration);
  CHECK(after.contains("certificate = \"issuing-ca-2.pem\"\n"));
  CHECK(after.size() == before.size() + 2);
  struct stat status{};
  REQUIRE(stat(configuration.c_str(), &status) == 0);
  CHECK(status.st_mode == status_before.st_mode);
  CHECK(status.st_gid == status_before.st_gid);
  CHECK(change.free_stem("issuing-ca") == "issuing-ca-3");
  CHECK(change.free_stem("issuing") == "issuing-2");
}

TEST_CASE("a change that no RA could be read from changes nothing", "[tool]") {
  const Path& configuration = made_ra();
  const std::string before = text_of(configuration);
  const auto files = std::distance(fs::directory_iterator(configuration.parent_path()), {});
  ConfigurationChange change(configuration);
  change.add_file("other.pem", "no certificate", 0644);
  change.set("ca.certificate", "\"other.pem\"");
  const Status refused = change.commit();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::unavailable);
  CHECK(refused.error().detail.starts_with("nothing was changed, since the outcome"));
  CHECK(text_of(configuration) == before);
  CHECK(std::distance(fs::directory_iterator(configuration.parent_path()), {}) == files);
}

TEST_CASE("a file that is there is not replaced", "[tool]") {
  const Path& configuration = made_ra();
  const Path key = configuration.parent_path() / "issuing-ca.key";
  const std::string before = text_of(key);
  ConfigurationChange change(configuration);
  change.add_file("issuing-ca.key", "another", 0400);
  REQUIRE_FALSE(change.commit());
  CHECK(text_of(key) == before);
}

TEST_CASE("a name in the configuration's folder is short, another one whole", "[tool]") {
  const ConfigurationChange change("/etc/scep-ra/scep-ra.toml");
  CHECK(change.name_of("/etc/scep-ra/ca.pem") == "ca.pem");
  CHECK(change.name_of("/etc/ca.pem") == "/etc/ca.pem");
}
