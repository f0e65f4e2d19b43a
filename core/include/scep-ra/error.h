#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace scep_ra {

// Named by what the caller can do about it, not by where it happened.
enum class Errc : std::uint8_t {
  malformed,  // no pkiMessage with a readable transactionID: HTTP 400, no CertRep
  bad_alg,    // failInfo badAlg (RFC 8894, 3.2.1.4), and likewise the next four
  bad_message_check,
  bad_request,
  bad_time,
  bad_cert_id,
  limited,      // too many attempts: HTTP 429 and Retry-After
  denied,       // refused by password, policy or CA: failInfo badRequest
  unavailable,  // store, CA or key cannot answer now: HTTP 503 and Retry-After
  config,       // a file of the operator's is wrong: `file:line: reason`
  internal,     // a defect of ours: HTTP 500
};

// The stable word that stands in the event, in the metric label and in README's table of reasons.
// An enumerator's word is its name with `-` for `_`; see `word`.
enum class Reason : std::uint8_t {
  none,
  // the message
  http_request_invalid,  // operation or message parameter, or its coding
  message_too_large,
  message_unreadable,
  message_type_unknown,
  message_type_unsupported,
  attribute_invalid,
  algorithm_not_allowed,
  signer_invalid,
  signature_invalid,
  envelope_unreadable,
  recipient_unknown,
  // the certification request
  csr_invalid,
  key_too_short,
  key_not_allowed,
  key_is_ra_key,
  subject_not_allowed,
  subject_missing,
  san_not_allowed,
  key_usage_not_allowed,
  extension_not_allowed,
  attribute_not_allowed,
  reply_undeliverable,
  // the authorisation
  password_missing,
  password_unknown,
  password_cache_full,
  too_many_wrong_passwords,
  template_unknown,
  renewal_not_allowed,
  renewal_too_early,
  renewal_name_changed,
  renewed_too_often,
  certificate_revoked,
  certificate_expired,
  user_not_allowed,
  channel_not_allowed,
  method_not_allowed,
  // the transaction
  transaction_open,
  transaction_unknown,
  request_in_progress,
  too_many_pending,
  approval_denied,
  certificate_unknown,
  // what this node or a neighbour does
  ca_denied,
  ca_unreachable,
  store_unavailable,
  event_not_written,
  run_folder_unusable,
  ra_certificate_expired,
  ra_certificate_expiring,
  ra_key_unusable,
  crl_outdated,
  certificate_unreadable,
  configuration_invalid,
  internal_error,
};

// The stable word of a reason: `password-unknown` for `Reason::password_unknown`. Static storage.
[[gnu::visibility("default")]] std::string_view word(Reason) noexcept;

struct Error {
  Errc code;
  Reason reason;
  std::string detail;  // for the event record of the operator, never for the client; no secret
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// An Error does not become a Result by itself: `return fail(...)` says that a function gives up.
[[gnu::visibility("default")]] std::unexpected<Error> fail(Errc, Reason, std::string detail);

}  // namespace scep_ra
