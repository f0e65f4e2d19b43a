#pragma once

#include "base/files.h"
#include "ca/make_device_csr.h"
#include "challenge/no_challenge.h"
#include "challenge/one_time_password.h"
#include "enrol/pki_operation.h"
#include "make_parts.h"
#include "scep/make_message.h"

namespace scep_ra::test {

// A request of a device; a test changes one thing. The same one is made of the same octets but for
// its envelope.
struct Ask {
  DeviceCsrWish csr{.key = device().key};
  const Party* signer = &device();
  std::string type = "19";
  std::string transaction = "transaction-1";
  std::string nonce = "sixteen octets!!";
};
MessageWish wish_for(const Ask&);
Buffer message_for(const Ask&);
Ask with_password(const std::string&);
Ask with_password(const std::string&, const std::string& common_name);

// What came of a message, and what was told meanwhile.
struct Answered {
  enrol::Outcome outcome;
  std::vector<nlohmann::json> events;
  // Of the CertRep, as OpenSSL reads it; empty without one.
  std::string status, fail_info, transaction, recipient_nonce, sender_nonce;
  // The envelope opened by the signer of the request, or by its password when its key cannot.
  std::vector<Buffer> certificates;
  std::vector<Buffer> crls;

  [[nodiscard]] Buffer certificate() const {
    return certificates.empty() ? Buffer{} : certificates.front();
  }
  [[nodiscard]] std::string reason() const;  // of the only event
};

enum class Kept : std::uint8_t { in_memory, in_sqlite };

// One RA with everything around it made by hand.
class RaBench {
 public:
  explicit RaBench(Kept = Kept::in_memory);
  ~RaBench();
  RaBench(const RaBench&) = delete;
  RaBench& operator=(const RaBench&) = delete;

  // Checks what holds for every answer: one event at most, none with a password in it, a CertRep
  // by the RA to that transactionID and nonce, or none.
  Answered send(Bytes message, const Party& signer = device(), const std::string& password = "");
  Answered send(const Ask& ask) { return send(message_for(ask), *ask.signer, ask.csr.password); }
  [[nodiscard]] enrol::Services services();

  std::string password();  // a new one
  std::size_t unspent_passwords();

 private:
  Path folder_;  // of the database; empty without one

 public:
  ExchangeClock clock;
  scep::AlgorithmPolicy algorithms;
  scep::Profile profile = scep::rfc8894_profile();
  policy::TemplateSet templates;
  policy::BlockedKeys blocked_keys;
  StubKeys keys;
  StubCa ca;
  std::vector<nlohmann::json> told;
  events::EventLog events;
  FaultyStore store;
  challenge::OneTimePassword passwords;
  challenge::NoChallenge no_challenge;
  challenge::ChallengeValidator* challenge = &passwords;
  challenge::GuessLimiter guesses{library(), clock, Secret(std::string_view("key")), 100, {}};
  Secret csr_key{std::string_view("key of waiting requests")};
  store::WaitingLimits waiting_limits{10, 5};
  Buffer crl;  // of the stub CA
  std::function<Result<std::optional<Buffer>>(Bytes)> crl_of;

 private:
  std::vector<std::string> minted_;
};

// Shorthands for what a test expects of an answer; each checks that nothing was delivered.
void check_refused(const Answered&, const std::string& fail_info, const std::string& reason);
void check_unavailable(const Answered&, int event_id, const std::string& reason);
void check_come_again(const Answered&);  // 503 without an event

// After a refusal: the CA was not asked, the password is untouched and serves a good request.
void check_nothing_spent(RaBench&, const std::string& password);

}  // namespace scep_ra::test
