#include "base/files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "catch.h"

using namespace scep_ra;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "scep-ra-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Path path;
};

unsigned mode_of(const Path& path) {
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::string refusal(const Result<std::string>& content) {
  return content ? "" : content.error().detail;
}

}  // namespace

TEST_CASE("a file that was written is read back, with its rights", "[base]") {
  const Folder folder;
  const Path file = folder.path / "key.pem";
  REQUIRE(write_new_file(file, "content", 0400));
  CHECK(mode_of(file) == 0400);
  CHECK(read_file(file, 7, Rights::owner_only) == "content");
  CHECK(read_file(file, 7, Rights::any) == "content");
}

TEST_CASE("a new file replaces nothing", "[base]") {
  const Folder folder;
  const Path file = folder.path / "key.pem";
  REQUIRE(write_new_file(file, "first", 0600));
  const Status second = write_new_file(file, "second", 0600);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::config);
  CHECK(second.error().detail.starts_with(file.string() + ": cannot create: "));
  CHECK(read_file(file, 100, Rights::any) == "first");
  std::filesystem::create_symlink(folder.path / "elsewhere", folder.path / "link");
  CHECK_FALSE(write_new_file(folder.path / "link", "content", 0600));
}

TEST_CASE("a secret that others may use is refused", "[base][case:C12]") {
  const Folder folder;
  const Path file = folder.path / "key.pem";
  for (const unsigned mode : {0440U, 0404U, 0620U, 0602U, 0644U}) {
    std::filesystem::remove(file);
    REQUIRE(write_new_file(file, "content", mode));
    CHECK(refusal(read_file(file, 100, Rights::owner_only)).find("others than its owner") !=
          std::string::npos);
    CHECK(read_file(file, 100, Rights::any) == "content");
  }
}

TEST_CASE("a file larger than asked for is refused, one of exactly that size is read", "[base]") {
  const Folder folder;
  const Path file = folder.path / "large";
  REQUIRE(write_new_file(file, std::string(100000, 'x'), 0600));
  CHECK(read_file(file, 100000, Rights::any)->size() == 100000);
  CHECK(refusal(read_file(file, 99999, Rights::any)) ==
        file.string() + ": larger than 99999 bytes");
}

TEST_CASE("a pipe, a folder and a missing file are refused without waiting", "[base]") {
  const Folder folder;
  const Path pipe = folder.path / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(refusal(read_file(pipe, 100, Rights::any)) == pipe.string() + ": not a file");
  CHECK(refusal(read_file(folder.path, 100, Rights::any)) == folder.path.string() + ": not a file");
  CHECK(refusal(read_file(folder.path / "none", 100, Rights::any))
            .ends_with("No such file or directory"));
  CHECK(refusal(read_file("/dev/zero", 100, Rights::any)) == "/dev/zero: not a file");
}

TEST_CASE("half a file does not stay when the disk is full", "[base]") {
  const Folder folder;
  const Path file = folder.path / "certificate.pem";
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{10, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Status written = write_new_file(file, std::string(100, 'x'), 0600);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  static_cast<void>(std::signal(SIGXFSZ, handler));
  REQUIRE_FALSE(written);
  CHECK(written.error().detail.starts_with(file.string() + ": cannot write: "));
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(write_new_file(file, "content", 0600));
}

TEST_CASE("a file takes the place of another one whole, with its owner and the mode asked for",
          "[base]") {
  const Folder folder;
  const Path file = folder.path / "ca.crl";
  REQUIRE(replace_file(file, "first", 0644));
  CHECK(mode_of(file) == 0644);
  REQUIRE(replace_file(file, "second", 0640));
  CHECK(read_file(file, 100, Rights::any) == "second");
  CHECK(mode_of(file) == 0640);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
  const Status nowhere = replace_file(folder.path / "none" / "ca.crl", "third", 0644);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == Errc::unavailable);
  REQUIRE(std::filesystem::create_directory(folder.path / "folder"));
  CHECK_FALSE(replace_file(folder.path / "folder", "fourth", 0644));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 2);
}
