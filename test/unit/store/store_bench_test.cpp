#include <iostream>
#include <thread>

#include "catch.h"
#include "make_stores.h"

using namespace scep_ra;
using namespace scep_ra::store;
using namespace std::chrono_literals;

// Not part of a test run: `unit_store [.bench]`.
TEST_CASE("durable enrolments a second", "[.bench]") {
  for (const int takers : {1, 16, 64}) {
    const InSqlite kept;
    REQUIRE(kept.ready);
    std::atomic<int> enrolled = 0;
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> threads;
      for (int taker = 0; taker < takers; ++taker)
        threads.emplace_back([&, taker] {
          for (int number = 0; std::chrono::steady_clock::now() - start < 3s; ++number) {
            const std::string name = std::to_string(taker) + "/" + std::to_string(number);
            const Claim wanted = open_claim(name);
            Issue certificate = issue(wanted, name);
            certificate.issued.certificate.resize(1200);
            if (is<Unknown>(kept.store.find_request(wanted.key)) &&
                is<ClaimWon>(kept.store.spend_and_claim(wanted)) &&
                kept.store.record_issue(certificate, event(std::string(500, 'e'))))
              ++enrolled;
          }
        });
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::cout << takers << " threads: " << static_cast<int>(enrolled / took.count())
              << " find + claim + issue a second\n";
  }
}
