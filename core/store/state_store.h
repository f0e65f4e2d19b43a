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
struct Pending {};    // waits for an operator's approval
struct Denied {};     // an operator has denied it
using Known = std::variant<Unknown, Claimed, OtherOpen, Pending, Denied, IssuedCertificate>;

// A claim lives this long without an outcome, to the microsecond; then its worker is taken for
// dead.
inline constexpr Seconds claim_life{5};

// A certificate of ours that authorises a request in the place of a password.
struct RenewalOf {
  std::string serial;
  unsigned maximum = 0;  // requests that one certificate may authorise (threats-and-tests A9)
};

struct Claim {
  RequestKey key;
  Buffer password_mac;  // empty: renewal or open enrolment
  std::string certificate_template;
  std::optional<RenewalOf> renewal_of{};
};
struct ClaimWon {};
struct PasswordSpent {};       // unknown, expired, revoked or spent for another request
struct CertificateRevoked {};  // the one that authorises, or one it was renewed from
struct RenewedTooOften {};
using ClaimOutcome = std::variant<ClaimWon, PasswordSpent, CertificateRevoked, RenewedTooOften,
                                  Claimed, OtherOpen, Pending, Denied, IssuedCertificate>;

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
  Buffer authority{};            // SHA-256 of the issuer's SubjectPublicKeyInfo
  bool keep_sealed_csr = false;  // of a request that was pending: its answer needs the password
};

// A request that has to wait for an operator. The CSR holds the password of its sender, so it is
// kept sealed only.
struct WaitingRequest {
  RequestKey key;
  std::string certificate_template;
  std::string subject;
  std::string client_address;
  Buffer sealed_csr;
  // What the store adds:
  std::string renewal_of{};  // serial; empty: by password or open enrolment
  Buffer password_mac{};     // empty: renewal or open enrolment
  Time received{};
};
// How many may wait: in all, and from one address.
struct WaitingLimits {
  std::uint32_t all = 0;
  std::uint32_t a_source = 0;
};

enum class RequestState : std::uint8_t { claimed, released, pending, denied, issued };
std::string_view word(RequestState) noexcept;

// One request in a listing; `id` is the first 8 octets of its csr_info_hash in lower-case hex.
struct RequestSummary {
  std::string id;
  RequestState state;
  std::string transaction_id, subject, certificate_template, client_address;
  Time received;
  std::string serial;  // of its certificate; empty: not issued
};

// What a poll finds; the sealed CSR is there when `keep_sealed_csr` asked for it.
struct PolledIssue {
  IssuedCertificate issued;
  Buffer csr_info_hash;
  Buffer sealed_csr;
};
using Polled = std::variant<Unknown, Claimed, Pending, Denied, PolledIssue>;

struct Revocation {
  Time at;
  unsigned reason = 0;  // CRLReason (RFC 5280, 5.3.1)
};
// A certificate that this RA issued.
struct StoredCertificate {
  IssuedCertificate issued;
  std::string subject;
  std::string certificate_template;
  Time not_before;
  Time not_after;
  std::optional<Revocation> revoked;
  std::string renewal_of;         // serial of the one it renews; empty: none
  bool ancestor_revoked = false;  // one that it was renewed from, however far back
  Buffer authority{};             // as in `Issue`
};

// Which certificates a listing shows: those in force by not_after, the newest first.
struct CertificateFilter {
  enum class State : std::uint8_t { all, valid, revoked, expiring };
  State state = State::valid;
  Seconds within{};  // expiring: in force, but not that much longer; the soonest first
};

struct RevokedSerial {
  std::string serial;
  Revocation revocation;
};

// A CRL as it is kept; its number only rises.
struct KeptCrl {
  std::uint64_t number = 0;
  Time this_update;
  Time next_update;
  Buffer der;
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

  // Step 11 for what an operator has to approve: the claimed request waits, with its event in one
  // durable commit. Errc::denied, too_many_pending beyond the limits.
  virtual Status record_pending(const WaitingRequest&, const WaitingLimits&,
                                const StoredEvent&) = 0;
  // scep-requirements P2 to P4: by transactionID and the key that signed the request, the latest
  // one; exactly, then without regard to letter case. Reads only.
  virtual Result<Polled> poll_request(const std::string& transaction_id, Bytes signer_key_hash) = 0;
  // The newest first; of every state unless one is named.
  virtual Result<std::vector<RequestSummary>> list_requests(std::optional<RequestState>,
                                                            std::size_t maximum) = 0;
  // By id. Empty: none that waits has it.
  virtual Result<std::optional<WaitingRequest>> waiting_request(const std::string& id) = 0;
  // Keeps others from deciding on it while a claim lives; `record_issue` then issues it. False: it
  // does not wait, or somebody decides on it now.
  virtual Result<bool> claim_waiting(const RequestKey&) = 0;
  // False: it does not wait, or somebody decides on it now.
  virtual Result<bool> deny_waiting(const RequestKey&, const StoredEvent&) = 0;
  // Denies what has waited longer, and forgets what was refused a week after that. How many were
  // denied.
  virtual Result<std::size_t> expire_waiting(Seconds life, const StoredEvent&) = 0;
};

// Certificates that were issued.
class CertificateStore {
 public:
  virtual ~CertificateStore() = default;
  // By serial number in lower-case hex, whatever became of it. Empty: this RA issued none. Reads
  // only.
  virtual Result<std::optional<StoredCertificate>> find_certificate(const std::string& serial) = 0;
  virtual Result<std::vector<StoredCertificate>> list_certificates(const CertificateFilter&,
                                                                   std::size_t maximum) = 0;
  // With the event in one durable commit. `reason`: a CRLReason (RFC 5280, 5.3.1); 8,
  // removeFromCRL, lifts 6, certificateHold. Errc::denied, certificate_unknown or
  // certificate_revoked.
  virtual Status revoke_certificate(const std::string& serial, unsigned reason,
                                    const StoredEvent&) = 0;
};

// What an embedded CA keeps; several RAs may share it. `authority`: as in `Issue`.
class AuthorityStore {
 public:
  virtual ~AuthorityStore() = default;
  // Of all RAs in this database, in the order in which they were revoked; certificates that expired
  // by then are left out. Rows that name no authority count for their own RA.
  virtual Result<std::vector<RevokedSerial>> revoked_certificates(Bytes authority,
                                                                  Time expired_by) = 0;
  virtual Result<std::optional<KeptCrl>> find_crl(Bytes authority) = 0;
  // With the event in one durable commit. False: one with that number, or a higher one, is there.
  virtual Result<bool> keep_crl(Bytes authority, const KeptCrl&, const StoredEvent&) = 0;
  // Whether `holder` may do what goes by that name alone for so long; who has it may take it again.
  virtual Result<bool> take_lease(const std::string& name, const std::string& holder,
                                  Seconds life) = 0;
};

// One RA's rows of a store. Thread-safe; made before the fork, opened after it. What a store cannot
// read or write is Errc::unavailable, store_unavailable, never a "no"; so is all before `open`.
class StateStore : public PasswordStore,
                   public TransactionStore,
                   public CertificateStore,
                   public AuthorityStore {
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
