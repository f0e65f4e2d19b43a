#include "challenge/guess_limiter.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "catch.h"

using namespace scep_ra;
using challenge::GuessLimiter;

namespace {

class HandClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> now() const override {
    return std::chrono::sys_time<std::chrono::microseconds>(seconds_);
  }
  void advance(Seconds by) { seconds_ += by; }

 private:
  Seconds seconds_{1'800'000'000};
};

struct Node {
  Node() {
    std::string name = (std::filesystem::temp_directory_path() / "scep-ra-guess-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~Node() { std::filesystem::remove_all(folder); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::unique_ptr<GuessLimiter> process(std::uint32_t maximum = 3) {
    auto made = std::make_unique<GuessLimiter>(library, clock, Secret(std::string_view("key")),
                                               maximum, folder / "run" / "wrong-passwords");
    REQUIRE(made->open());
    return made;
  }

  HandClock clock;
  crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no).value();
  Path folder;
};

}  // namespace

TEST_CASE("a source has as many wrong passwords as it may, then none for ten minutes",
          "[challenge][case:A6][req:S4]") {
  Node node;
  const auto limiter = node.process();
  for (int number = 0; number < 3; ++number) {
    CHECK(limiter->may_try("192.0.2.1"));
    limiter->count_wrong("192.0.2.1");
  }
  const Status refused = limiter->may_try("192.0.2.1");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::limited);
  CHECK(refused.error().reason == Reason::too_many_wrong_passwords);
  CHECK(limiter->may_try("192.0.2.2"));

  node.clock.advance(challenge::guess_window - Seconds{1});
  CHECK_FALSE(limiter->may_try("192.0.2.1"));
  node.clock.advance(Seconds{1});
  CHECK(limiter->may_try("192.0.2.1"));
}

TEST_CASE("all processes of a node count together", "[challenge][case:A6]") {
  Node node;
  const auto one = node.process();
  const auto other = node.process();
  one->count_wrong("192.0.2.1");
  other->count_wrong("192.0.2.1");
  one->count_wrong("192.0.2.1");
  CHECK_FALSE(one->may_try("192.0.2.1"));
  CHECK_FALSE(other->may_try("192.0.2.1"));
  CHECK_FALSE(node.process()->may_try("192.0.2.1"));
}

TEST_CASE("an IPv6 network of a site is one source, an IPv4 address in its clothes is itself",
          "[challenge][case:A6]") {
  Node node;
  const auto limiter = node.process(1);
  limiter->count_wrong("2001:db8:0:1::1");
  CHECK_FALSE(limiter->may_try("2001:db8:0:1:ffff::2"));
  CHECK(limiter->may_try("2001:db8:0:2::1"));
  limiter->count_wrong("::ffff:192.0.2.1");
  CHECK_FALSE(limiter->may_try("192.0.2.1"));
  CHECK(limiter->may_try("::ffff:192.0.2.2"));
}

TEST_CASE("no wrong password is lost among many threads", "[challenge][case:A6]") {
  Node node;
  const auto limiter = node.process(4001);
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&] {
      for (int wrong = 0; wrong < 1000; ++wrong) limiter->count_wrong("192.0.2.1");
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(limiter->may_try("192.0.2.1"));
  limiter->count_wrong("192.0.2.1");
  CHECK_FALSE(limiter->may_try("192.0.2.1"));
}

TEST_CASE("a flood of sources does not wash out the one that guesses", "[challenge][case:A6]") {
  Node node;
  const auto limiter = node.process(3);
  for (int number = 0; number < 3; ++number) limiter->count_wrong("192.0.2.1");
  for (int number = 0; number < 200'000; ++number)
    limiter->count_wrong("source " + std::to_string(number));
  CHECK_FALSE(limiter->may_try("192.0.2.1"));
}

TEST_CASE("a clock that is set back frees a source", "[challenge][case:F6]") {
  Node node;
  const auto limiter = node.process(1);
  limiter->count_wrong("192.0.2.1");
  node.clock.advance(Seconds{-86400});
  CHECK(limiter->may_try("192.0.2.1"));
  limiter->count_wrong("192.0.2.1");
  CHECK_FALSE(limiter->may_try("192.0.2.1"));
}

TEST_CASE("without its file a process counts for itself and says so", "[challenge][case:A6]") {
  Node node;
  std::filesystem::create_directory(node.folder / "run");
  std::filesystem::create_symlink("/dev/null", node.folder / "run" / "wrong-passwords");
  GuessLimiter limiter(node.library, node.clock, Secret(std::string_view("key")), 1,
                       node.folder / "run" / "wrong-passwords");
  const Status opened = limiter.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == Reason::run_folder_unusable);
  limiter.count_wrong("192.0.2.1");
  CHECK_FALSE(limiter.may_try("192.0.2.1"));
}

TEST_CASE("a file that others may write is not trusted", "[challenge]") {
  Node node;
  node.process();
  ::chmod((node.folder / "run" / "wrong-passwords").c_str(), 0666);
  GuessLimiter limiter(node.library, node.clock, Secret(std::string_view("key")), 1,
                       node.folder / "run" / "wrong-passwords");
  CHECK_FALSE(limiter.open());
}
