#include "tool/installation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "catch.h"
#include "make_folder.h"

using namespace scep_ra;
using namespace scep_ra::test;
using tool::Installation;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const Path& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

tool::Worker self() {
  return {"self", geteuid(), getegid(), getegid()};
}

}  // namespace

TEST_CASE("files of an installation appear together, with their modes", "[tool]") {
  const Folder folder;
  auto files = Installation::begin(folder.path, {"key", "toml"}).value();
  REQUIRE(files.write("key", "k", 0400));
  REQUIRE(files.write("toml", "t", 0640));
  CHECK_FALSE(fs::exists(folder.path / "key"));
  REQUIRE(files.move_into_place());
  files.keep();
  CHECK(mode_of(folder.path / "key") == 0400);
  CHECK(mode_of(folder.path / "toml") == 0640);
}

TEST_CASE("an installation given up leaves nothing behind", "[tool]") {
  const Folder folder;
  {
    auto files = Installation::begin(folder.path / "a/b", {"key"}).value();
    REQUIRE(files.write("key", "k", 0400));
    REQUIRE(files.add_folder(folder.path / "state", self(), getegid(), 0700));
    REQUIRE(files.move_into_place());
    CHECK(fs::exists(folder.path / "a/b/key"));
    CHECK(mode_of(folder.path / "state") == 0700);
  }
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("an installation replaces nothing", "[tool]") {
  const Folder folder;
  std::ofstream(folder.path / "toml") << "mine";
  const auto files = Installation::begin(folder.path, {"key", "toml"});
  REQUIRE_FALSE(files);
  CHECK(files.error().detail.contains("toml: is there already"));
  CHECK_FALSE(fs::exists(folder.path / "key"));
}

TEST_CASE("a file that came in between is not replaced and all else goes", "[tool]") {
  const Folder folder;
  {
    auto files = Installation::begin(folder.path, {"key", "toml"}).value();
    REQUIRE(files.write("key", "k", 0400));
    REQUIRE(files.write("toml", "t", 0640));
    std::ofstream(folder.path / "toml") << "mine";
    CHECK_FALSE(files.move_into_place());
  }
  CHECK_FALSE(fs::exists(folder.path / "key"));
  CHECK(fs::file_size(folder.path / "toml") == 4);
}

TEST_CASE("a folder of somebody else is not taken", "[tool]") {
  const Folder folder;
  auto files = Installation::begin(folder.path / "etc", {}).value();
  fs::create_directory(folder.path / "state");
  tool::Worker other = self();
  other.user += 1;
  CHECK_FALSE(files.add_folder(folder.path / "state", other, getegid(), 0700));
  CHECK(files.add_folder(folder.path / "state", self(), getegid(), 0700));
}
