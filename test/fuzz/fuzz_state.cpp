#include <map>
#include <set>

#include "base/files.h"
#include "store/memory_store.h"
#include "support/fixed_ra.h"
#include "support/must.h"
#include "support/scratch_folder.h"

// Octets as a program of what happens to a store: mint, enrol, retry, poll, the CA's word early,
// late or never, revoke, purge, a crash, the clock forth and back. The memory store and SQLite
// answer alike, and what they answer keeps rules 5 and 8 on a model written apart from them: a
// password serves one request, an issued certificate is never lost nor issued twice.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;
using store::ClaimOutcome;
using store::Instant;
using store::StateStore;

constexpr unsigned devices = 4, transactions = 3, signers = 2;
constexpr Seconds claim_life{5};

Buffer hash_of(const std::string& name) {
  Buffer hash = to_buffer(as_bytes(name));
  hash.resize(32, 0x5a);
  return hash;
}

// One database for many inputs, each with its own RA's rows in it; a new one now and then.
class Database {
 public:
  std::unique_ptr<StateStore> open(const std::string& ra, const Clock& clock) {
    const Path file = folder_->path() / "state.db";
    auto opened = store::make_state_store("sqlite:" + file.string(), ra, clock).value();
    must(opened->open().has_value(), "the database opens");
    return opened;
  }
  std::string next_ra() {
    if (++inputs_ % 1000 == 1) begin();
    return "ra " + std::to_string(inputs_);
  }

 private:
  void begin() {
    keeper_.reset();
    folder_ = std::make_unique<ScratchFolder>();
    keeper_ = open("keeper", clock_);
    must(keeper_->probe().has_value(), "the database can be written");
  }

  FixedClock clock_;
  std::unique_ptr<ScratchFolder> folder_;
  std::unique_ptr<StateStore> keeper_;  // the last one to close a database tidies it up
  std::uint64_t inputs_ = 0;
};

struct PasswordModel {
  Time expires;
  bool revoked = false;
  std::optional<unsigned> device;  // whose request it was spent for
};

struct DeviceModel {
  enum class State : std::uint8_t { none, claimed, released, issued };
  State state = State::none;
  Instant claimed_at;
  std::string transaction;
  unsigned signer = 0;
  std::optional<unsigned> password;
  std::string serial;
  Time not_after;
};

class Program {
 public:
  Program(Bytes octets, Database& database)
      : rest_(octets),
        database_(database),
        ra_(database.next_ra()),
        sqlite_(database.open(ra_, clock_)) {
    must(memory_.open().has_value(), "the memory store opens");
  }

  void run() {
    for (unsigned steps = 0; !rest_.empty() && steps < 64; ++steps) step();
    for (unsigned device = 0; device < devices; ++device) nothing_lost(device);
  }

 private:
  unsigned next(unsigned below) {
    if (rest_.empty()) return 0;
    const unsigned octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet % below;
  }

  void step() {
    switch (next(10)) {
      case 0:
        return mint();
      case 1:
      case 2:
        return enrol();
      case 3:
        return record();
      case 4:
        return release();
      case 5:
        return poll();
      case 6:
        return revoke();
      case 7:
        return move_clock();
      case 8:
        sqlite_.reset();
        sqlite_ = database_.open(ra_, clock_);
        return;
      default:
        memory_.purge();
        sqlite_->purge();
        forget_expired();
    }
  }

  [[nodiscard]] Instant now() const { return clock_.now(); }
  store::StoredEvent event() { return {2, std::to_string(++events_)}; }

  // The answer of both stores.
  template <class Operation>
  auto both(const Operation& operation) {
    auto one = operation(static_cast<StateStore&>(memory_));
    const auto other = operation(*sqlite_);
    must(one.has_value() == other.has_value(), "both stores do it, or neither");
    if (!one)
      must(one.error().code == other.error().code && one.error().reason == other.error().reason,
           "both stores refuse alike");
    return std::pair(std::move(one), std::move(other));
  }

  void mint() {
    const Seconds validity{1 + next(30)};
    const unsigned maximum = next(4) == 0 ? 2 : 0;
    const auto name = static_cast<unsigned>(passwords_.size());
    const auto added = event();
    const auto [minted, same] = both([&](StateStore& store) {
      return store.add_password({mac_of(name), "user", validity}, maximum, added);
    });
    if (minted) forget_expired();
    if (minted)
      passwords_.push_back({clock_.seconds() + validity, false, std::nullopt});
    else
      must(maximum != 0 && outstanding() >= maximum, "only a full cache refuses a password");
  }

  // A clock that is set back does not bring them back.
  void forget_expired() {
    for (PasswordModel& password : passwords_)
      if (password.expires <= clock_.seconds()) password.revoked = true;
  }

  static Buffer mac_of(unsigned password) {
    return hash_of("password " + std::to_string(password));
  }
  static Buffer csr_of(unsigned device) { return hash_of("csr " + std::to_string(device)); }

  [[nodiscard]] bool is_outstanding(const PasswordModel& password) const {
    return !password.revoked && !password.device && clock_.seconds() < password.expires;
  }
  [[nodiscard]] unsigned outstanding() const {
    return static_cast<unsigned>(std::ranges::count_if(
        passwords_, [&](const PasswordModel& one) { return is_outstanding(one); }));
  }

  store::RequestKey key() {
    device_ = next(devices);
    transaction_ = "transaction " + std::to_string(next(transactions));
    signer_ = next(signers);
    return {csr_of(device_), transaction_, hash_of("key " + std::to_string(signer_))};
  }

  [[nodiscard]] bool held(const DeviceModel& model) const {
    return model.state == DeviceModel::State::claimed &&
           std::chrono::abs(now() - model.claimed_at) < claim_life;
  }
  [[nodiscard]] bool in_force(const DeviceModel& model) const {
    return model.state == DeviceModel::State::issued && now() < model.not_after;
  }

  void enrol() {
    store::Claim claim{key(), {}, "Device"};
    std::optional<unsigned> password;
    // One more than there are: a password that nobody minted. The first choice is none at all.
    const unsigned choice = next(static_cast<unsigned>(passwords_.size()) + 2);
    if (choice > 0) password = choice - 1;
    if (password) claim.password_mac = mac_of(*password);
    const auto [one, other] = both([&](StateStore& store) { return store.spend_and_claim(claim); });
    must(one && one->index() == other->index(), "both stores give a claim the same outcome");
    DeviceModel& model = models_[device_];
    if (std::holds_alternative<store::ClaimWon>(*one)) return won(model, password);
    if (const auto* issued = std::get_if<store::IssuedCertificate>(&*one)) {
      must(issued->serial == std::get<store::IssuedCertificate>(*other).serial,
           "both stores give the same certificate");
      must(in_force(model) && issued->serial == model.serial, "the certificate that was issued");
      must(!password || model.password == password, "to whom knows its password");
    }
    if (std::holds_alternative<store::Claimed>(*one))
      must(held(model), "only a claim that lives makes another wait");
    if (std::holds_alternative<store::PasswordSpent>(*one)) {
      const bool usable = password && *password < passwords_.size() &&
                          (is_outstanding(passwords_[*password]) || model.password == password);
      must(!usable || model.state == DeviceModel::State::issued,
           "a good password is not called spent");
    }
  }

  void won(DeviceModel& model, std::optional<unsigned> password) {
    must(!held(model), "one claim at a time");
    must(!in_force(model), "what is issued is not issued again");
    if (password) {
      must(*password < passwords_.size(), "a password that nobody minted is none");
      must(model.state != DeviceModel::State::issued, "a spent password does not issue again");
      PasswordModel& spent = passwords_[*password];
      must(spent.device ? *spent.device == device_ : is_outstanding(spent),
           "a password serves one request, while it is valid");
      spent.device = device_;
    }
    model = {DeviceModel::State::claimed, now(), transaction_, signer_, password, {}, {}};
  }

  void record() {
    const store::RequestKey request = key();
    const Seconds validity{next(20)};
    const std::string serial = "serial " + std::to_string(++serials_);
    const store::Issue issue{request,  {serial, hash_of(serial)}, "CN=device",
                             "Device", clock_.seconds(),          clock_.seconds() + validity};
    const auto recorded = event();
    const auto [one, other] =
        both([&](StateStore& store) { return store.record_issue(issue, recorded); });
    DeviceModel& model = models_[device_];
    const bool holds = model.state == DeviceModel::State::claimed &&
                       model.transaction == transaction_ && model.signer == signer_;
    must(one.has_value() == holds, "who holds the claim records, and nobody else");
    if (!holds) return;
    model.state = DeviceModel::State::issued;
    model.serial = serial;
    model.not_after = issue.not_after;
  }

  void release() {
    const store::RequestKey request = key();
    const auto released = event();
    const auto [one, other] =
        both([&](StateStore& store) { return store.release_claim(request, released); });
    must(one.has_value(), "a claim can be released");
    DeviceModel& model = models_[device_];
    if (model.state == DeviceModel::State::claimed && model.transaction == transaction_ &&
        model.signer == signer_)
      model.state = DeviceModel::State::released;
  }

  void poll() {
    const store::RequestKey request = key();
    const auto [one, other] = both([&](StateStore& store) { return store.find_request(request); });
    must(one && one->index() == other->index(), "both stores know the same of a request");
    const DeviceModel& model = models_[device_];
    const bool its_own = model.transaction == transaction_ && model.signer == signer_;
    const auto* issued = std::get_if<store::IssuedCertificate>(&*one);
    must((issued != nullptr) == (in_force(model) && its_own), "its owner finds what was issued");
    if (issued) must(issued->serial == model.serial, "and that is the certificate");
    if (held(model)) must(!std::holds_alternative<store::Unknown>(*one), "a claim is seen");
  }

  void revoke() {
    const unsigned choice = next(static_cast<unsigned>(passwords_.size()) + 1);
    std::string id;
    if (choice > 0) {
      const auto listed = both([](StateStore& store) { return store.outstanding_passwords(); });
      must(listed.first->size() == listed.second->size(), "both stores list as many passwords");
      must(listed.first->size() == outstanding(), "as many as are outstanding");
    }
    const auto revoked = event();
    const auto [one, other] =
        both([&](StateStore& store) { return store.revoke_passwords(id, revoked); });
    must(one && *one == *other && *one == outstanding(), "what is outstanding is revoked");
    for (PasswordModel& password : passwords_)
      if (is_outstanding(password)) password.revoked = true;
  }

  void move_clock() {
    constexpr std::int64_t steps[] = {1,         999'999,    1'000'000,  4'999'999,
                                      5'000'000, 30'000'000, -1'000'000, -7'000'000};
    clock_.move(std::chrono::microseconds(steps[next(8)]));
  }

  // At the end each device finds its own again, and its password is still its own.
  void nothing_lost(unsigned device) {
    const DeviceModel& model = models_[device];
    if (model.password)
      for (unsigned other = 0; other < devices; ++other) {
        const auto [one, same] = both([&](StateStore& store) {
          return store.password_usable(mac_of(*model.password), csr_of(other));
        });
        must(one && *one == *same && *one == (other == device),
             "a spent password is good for its own request alone");
      }
    if (!in_force(model)) return;
    const store::RequestKey request{csr_of(device), model.transaction,
                                    hash_of("key " + std::to_string(model.signer))};
    const auto [one, other] = both([&](StateStore& store) { return store.find_request(request); });
    must(one && std::holds_alternative<store::IssuedCertificate>(*one) &&
             std::holds_alternative<store::IssuedCertificate>(*other),
         "nothing issued is lost");
  }

  Bytes rest_;
  Database& database_;
  const std::string ra_;
  FixedClock clock_;
  store::MemoryStore memory_{clock_};
  std::unique_ptr<StateStore> sqlite_;
  std::vector<PasswordModel> passwords_;
  std::map<unsigned, DeviceModel> models_;
  unsigned device_ = 0, signer_ = 0;
  std::string transaction_;
  unsigned events_ = 0, serials_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Database database;
  Program({data, size}, database).run();
  return 0;
}
