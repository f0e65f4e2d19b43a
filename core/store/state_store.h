#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "scep-ra/error.h"

namespace scep_ra::store {

// A password as it is kept: a keyed MAC, never the password (keys-and-state B3). The store's clock
// says when it was made and when its validity is over, so that nodes need not agree.
struct Password {
  Buffer mac;        // HMAC-SHA-256 under a key of `state_secret`
  std::string user;  // who fetched it
  Seconds validity;
};

// One outstanding password in a listing; `id` is the first 8 octets of its MAC in lower-case hex.
struct OutstandingPassword {
  std::string id;
  std::string user;
  Time created;
  Time expires;
};

// What identifies a request (threats-and-tests rule 5, scep-requirements M11): hashes are SHA-256.
struct RequestKey {
  Buffer csr_info_hash;  // of the CertificationRequestInfo
  std::string transaction_id;
  Buffer signer_key_hash;  // of the signer's SubjectPublicKeyInfo
};

struct IssuedCertificate {
  std::string serial;  // lower-case hex
  Buffer certificate;  // DER
};

// What is known of a request.
struct Unknown {};
struct Claimed {};    // another thread, worker or node works on it, since less than 5 s
struct OtherOpen {};  // the transactionID belongs to another CSR and is still open
using Known = std::variant<Unknown, Claimed, OtherOpen, IssuedCertificate>;

// A claim lives this long without an outcome, to the microsecond; then its worker is taken for
// dead.
inline constexpr Seconds claim_life{5};

struct Claim {
  RequestKey key;
  Buffer password_mac;  // empty: open enrolment
  std::string certificate_template;
};
struct ClaimWon {};
struct PasswordSpent {};  // unknown, expired, revoked or spent for another request
using ClaimOutcome = std::variant<ClaimWon, PasswordSpent, Claimed, OtherOpen, IssuedCertificate>;

// An event as it is kept with the change it tells of: its id and its JSON line.
struct StoredEvent {
  int id;
  std::string json;
};

struct Issue {
  RequestKey key;
  IssuedCertificate issued;
  std::string subject;
  std::string certificate_template;
  Time not_before;
  Time not_after;
};

// One-time passwords of one RA.
class PasswordStore {
 public:
  virtual ~PasswordStore() = default;
  // Adds one unless `maximum` (0: no limit) unspent, unexpired ones are there: Errc::denied,
  // password_cache_full. Durable when it returns; the event in the same commit.
  virtual Status add_password(const Password&, unsigned maximum, const StoredEvent&) = 0;
  // Whether that password may be used now for a CertificationRequestInfo: unspent and unexpired, or
  // spent for exactly that one (then its expiry no longer counts). Reads only. Constant-time in the
  // MAC.
  virtual Result<bool> password_usable(Bytes mac, Bytes csr_info_hash) = 0;
  virtual Result<std::vector<OutstandingPassword>> outstanding_passwords() = 0;
  // Revokes outstanding ones by id; empty id: all. How many; the event is kept unless it was none.
  virtual Result<std::size_t> revoke_passwords(const std::string& id, const StoredEvent&) = 0;
};

// Requests and what became of them.
class TransactionStore {
 public:
  virtual ~TransactionStore() = default;
  // Step 8: the same transactionID, CSR and signer key as before? Reads only. The same CSR in
  // another wrapper is Unknown here: the password decides, and `spend_and_claim` answers it.
  virtual Result<Known> find_request(const RequestKey&) = 0;
  // Step 11: spends the password for this CertificationRequestInfo and claims the request, in one
  // durable commit; two callers with one password or one request never both win. A request that was
  // issued gives its certificate again, in any wrapper, to whom knows its password (rule 5).
  virtual Result<ClaimOutcome> spend_and_claim(const Claim&) = 0;
  // Step 12: certificate and event in one durable commit. Errc::unavailable: nothing was recorded,
  // so nothing may be delivered; with Reason::request_in_progress the claim ran out and another
  // caller has taken the request over. A serial that exists is Errc::internal.
  virtual Status record_issue(const Issue&, const StoredEvent&) = 0;
  // The CA refused, or nobody could be asked: the request may be claimed anew, its password stays
  // bound. The event is kept even when the claim is gone.
  virtual Status release_claim(const RequestKey&, const StoredEvent&) = 0;
};

// One RA's rows of a store. Thread-safe; made before the fork, opened after it. What a store cannot
// read or write is Errc::unavailable, store_unavailable, never a "no"; so is all before `open`.
class StateStore : public PasswordStore, public TransactionStore {
 public:
  // In each process after the fork, as the worker user. May be called again, after a failure too.
  // Once it succeeded the store comes back by itself when what failed later is mended.
  virtual Status open() = 0;
  virtual Status probe() = 0;  // a durable write, for health
  virtual Status record_event(const StoredEvent&) = 0;
  virtual void purge() noexcept = 0;  // expired passwords, in small batches
};

// "sqlite:/path/state.db", an absolute path. Errc::config for other words. `ra`: the name rows are
// kept apart by. The clock outlives the store. Touches no file.
Result<std::unique_ptr<StateStore>> make_state_store(const std::string& setting,
                                                     const std::string& ra, const Clock&);

}  // namespace scep_ra::store
