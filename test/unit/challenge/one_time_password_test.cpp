#include "challenge/one_time_password.h"

#include <stdlib.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/text.h"
#include "catch.h"
#include "make_passwords.h"

using namespace scep_ra;
using namespace scep_ra::challenge;
using namespace std::chrono_literals;

using Names = std::vector<std::string>;

namespace {

const Requester jamf{.user = "CONTOSO\\svc-jamf", .address = "192.0.2.7"};

store::ClaimOutcome spend(store::StateStore& store, const crypto::Csr& csr,
                          const policy::Authorisation& authorisation) {
  const store::Claim claim{.key = {info_hash(csr), "transaction", info_hash(csr)},
                           .password_mac = to_buffer(authorisation.password_mac()),
                           .certificate_template = "Device"};
  return store.spend_and_claim(claim).value();
}

Buffer mac_of(std::string_view password) {
  return library()->mac(as_bytes("key of the state"), as_bytes(password));
}

// Why a request with that password is refused; empty when it is not.
std::string refusal(OneTimePassword& validator, std::string_view password) {
  const crypto::Csr csr = request_with(password);
  const auto verified = validator.verify(csr, info_hash(csr));
  if (verified) return {};
  return std::to_string(static_cast<int>(verified.error().code)) + " " +
         std::string(word(verified.error().reason)) + " " + verified.error().detail;
}

}  // namespace

TEST_CASE("a password is upper-case hex, twice as long as its octets", "[challenge]") {
  Passwords passwords;
  passwords.rules.maximum = 0;
  const auto [length, digits] =
      GENERATE(table<std::uint32_t, std::size_t>({{8, 16}, {16, 32}, {1, 2}}));
  passwords.rules.length = length;
  OneTimePassword validator = passwords.make_validator(passwords.store);

  const std::string password = text_of(validator.generate(jamf));
  CHECK(password.size() == digits);
  CHECK(password.find_first_not_of("0123456789ABCDEF") == std::string::npos);
}

TEST_CASE("no password is given out twice", "[challenge][case:F10]") {
  Passwords passwords;
  passwords.rules.maximum = 0;
  OneTimePassword validator = passwords.make_validator(passwords.store);
  std::set<std::string> given;
  for (int number = 0; number < 2000; ++number) given.insert(text_of(validator.generate(jamf)));
  CHECK(given.size() == 2000);
}

TEST_CASE("a device enrols with the password it was given, and nobody after it",
          "[challenge][req:N7]") {
  Passwords passwords;
  const std::string password = text_of(passwords.validator.generate(jamf));
  const crypto::Csr csr = request_with(password);

  const auto verified = passwords.validator.verify(csr, info_hash(csr));
  REQUIRE(verified);
  CHECK(verified->kind() == policy::Authorisation::Kind::password);
  CHECK(verified->password_mac().size() == 32);
  CHECK(passwords.validator.verify(csr, info_hash(csr)));  // to look spends nothing

  REQUIRE(std::holds_alternative<store::ClaimWon>(spend(passwords.store, csr, *verified)));
  CHECK(passwords.validator.verify(csr, info_hash(csr)));

  const crypto::Csr other = request_with(password);  // signed anew: ECDSA, but the same content
  CHECK(passwords.validator.verify(other, info_hash(other)));
  const auto refused = passwords.validator.verify(csr, Buffer(32, 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::denied);
  CHECK(refused.error().reason == Reason::password_unknown);
}

TEST_CASE("all dead passwords get one and the same answer", "[challenge][case:A5]") {
  Passwords passwords;
  const std::string good = "ABCDEF0123456789";
  REQUIRE(passwords.store.add_password({mac_of(good), "admin", 60min}, 0, {101, "{}"}));
  const std::string spent = text_of(passwords.validator.generate(jamf));
  const crypto::Csr spender = request_with(spent + " of another");
  REQUIRE(std::holds_alternative<store::ClaimWon>(
      spend(passwords.store, spender, policy::Authorisation::by_password(mac_of(spent)))));
  const std::string answer = refusal(passwords.validator, "0123456789ABCDEF");
  REQUIRE_THAT(answer, Catch::Contains("password-unknown"));

  CHECK(refusal(passwords.validator, spent) == answer);
  CHECK(refusal(passwords.validator, lower(good)) == answer);
  CHECK(refusal(passwords.validator, " " + good) == answer);
  CHECK(refusal(passwords.validator, good + " ") == answer);
  CHECK(refusal(passwords.validator, good.substr(1)) == answer);
  CHECK(refusal(passwords.validator, good.substr(0, good.size() - 1)) == answer);
  CHECK(refusal(passwords.validator, good + "0") == answer);
  CHECK(refusal(passwords.validator, std::string(8192, 'A')) == answer);
  CHECK(refusal(passwords.validator, good).empty());

  OneTimePassword other_ra = passwords.make_validator(passwords.store, "another key");
  CHECK(refusal(other_ra, good) == answer);

  passwords.clock.at += 60min - 1us;
  CHECK(refusal(passwords.validator, good).empty());
  passwords.clock.at += 1us;
  CHECK(refusal(passwords.validator, good) == answer);

  const std::string revoked = text_of(passwords.validator.generate(jamf));
  CHECK(refusal(passwords.validator, revoked).empty());
  REQUIRE(passwords.store.revoke_passwords("", {111, "{}"}) == 1U);
  CHECK(refusal(passwords.validator, revoked) == answer);
}

TEST_CASE("no password is not an open door", "[challenge][case:A3][req:N11]") {
  Passwords passwords;
  CHECK_THAT(refusal(passwords.validator, ""), Catch::Contains("password-missing"));
  const std::string password = text_of(passwords.validator.generate(jamf));
  CHECK_THAT(refusal(passwords.validator, ""), Catch::Contains("password-missing"));
  CHECK(refusal(passwords.validator, password).empty());
}

TEST_CASE("who fetched a password stands in the event that is kept and told",
          "[challenge][case:S1]") {
  Passwords passwords;
  const std::string password = text_of(passwords.validator.generate(jamf));

  CHECK(passwords.told.names == Names{"password-issued"});
  const std::string& line = passwords.told.lines.at(0);
  CHECK_THAT(line, Catch::Contains(R"("id":101)"));
  CHECK_THAT(line, Catch::Contains(R"("user":"CONTOSO\\svc-jamf")"));
  CHECK_THAT(line, Catch::Contains(R"("client_address":"192.0.2.7")"));
  CHECK_THAT(line, !Catch::Contains(password, Catch::CaseSensitive::No));
  REQUIRE(passwords.store.events().size() == 1);
  CHECK(passwords.store.events()[0].id == 101);
  CHECK(passwords.store.events()[0].json == line);
  CHECK(passwords.store.outstanding_passwords()->at(0).user == jamf.user);
}

TEST_CASE("a full cache gives no password and says so", "[challenge]") {
  Passwords passwords;
  for (int number = 0; number < 5; ++number) REQUIRE(passwords.validator.generate(jamf));

  const auto refused = passwords.validator.generate(jamf);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::denied);
  CHECK(refused.error().reason == Reason::password_cache_full);
  CHECK(passwords.told.names.back() == "password-cache-full");
  CHECK_THAT(passwords.told.lines.back(), Catch::Contains(R"("user":"CONTOSO\\svc-jamf")"));
  CHECK(passwords.store.events().size() == 5);

  passwords.clock.at += 60min;
  CHECK(passwords.validator.generate(jamf));
}

TEST_CASE("who asks for a password gets what was told of it for his server's log", "[challenge]") {
  Passwords passwords;
  std::vector<Event> told;
  Requester requester = jamf;
  requester.told = &told;
  for (int number = 0; number < 6; ++number) (void)passwords.validator.generate(requester);

  REQUIRE(told.size() == 6);
  CHECK(told.front().id == 101);
  CHECK_THAT(told.front().text, Catch::Contains("password-issued"));
  CHECK(told.back().id == 102);
  CHECK_THAT(told.back().text, Catch::Contains("password-cache-full"));
}

TEST_CASE("a store that is away gives no password and refuses none", "[challenge][case:F3]") {
  Passwords passwords;
  store::MemoryStore away(passwords.clock);
  OneTimePassword validator = passwords.make_validator(away);

  const auto none = validator.generate(jamf);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::unavailable);
  CHECK(passwords.told.names.empty());
  CHECK_THAT(refusal(validator, "0123456789ABCDEF"), Catch::Contains("store-unavailable"));

  REQUIRE(away.open());
  CHECK(validator.generate(jamf));
}

TEST_CASE("no file of the store holds a password", "[challenge][case:S2]") {
  Passwords passwords;
  std::string folder = (std::filesystem::temp_directory_path() / "scep-ra-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const auto store =
      store::make_state_store("sqlite:" + folder + "/state.db", "ra", passwords.clock);
  REQUIRE(store);
  REQUIRE((*store)->open());
  OneTimePassword validator = passwords.make_validator(**store);
  const std::string password = text_of(validator.generate(jamf));
  const crypto::Csr csr = request_with(password);
  REQUIRE(std::holds_alternative<store::ClaimWon>(
      spend(**store, csr, validator.verify(csr, info_hash(csr)).value())));

  std::string everything;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    everything.append(std::istreambuf_iterator<char>(file), {});
  }
  std::filesystem::remove_all(folder);
  CHECK(everything.contains(jamf.user));
  CHECK_FALSE(everything.contains(password));
  CHECK_FALSE(everything.contains(lower(password)));
}

// Not part of a test run, since a busy machine makes any figure: `unit_challenge [.timing]`.
TEST_CASE("how long a refusal takes does not tell how much of a password was right",
          "[.timing][case:S6]") {
  Passwords passwords;
  const std::string good = "ABCDEF0123456789";
  REQUIRE(passwords.store.add_password({mac_of(good), "admin", 60min}, 0, {101, "{}"}));
  const std::array requests{request_with("ABCDEF012345678A"), request_with("0BCDEF0123456789")};
  const std::array hashes{info_hash(requests[0]), info_hash(requests[1])};
  constexpr int samples = 100'000;
  std::array<double, 2> sum{}, squares{};
  for (int sample = 0; sample < 2 * samples; ++sample) {
    const std::size_t kind = passwords.clock.now().time_since_epoch().count() % 2 == 0 ? 0 : 1;
    passwords.clock.at += 1us;
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(passwords.validator.verify(requests[kind], hashes[kind]));
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    const double bounded = std::min(took.count(), 50.0);  // what the scheduler adds is not ours
    sum[kind] += bounded;
    squares[kind] += bounded * bounded;
  }
  const auto variance = [&](std::size_t kind) {
    return squares[kind] / samples - sum[kind] * sum[kind] / samples / samples;
  };
  const double t = (sum[0] - sum[1]) / samples / std::sqrt((variance(0) + variance(1)) / samples);
  INFO("t = " << t);
  CHECK(std::abs(t) < 4.5);
}
