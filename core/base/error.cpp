#include "scep-ra/error.h"

#include <utility>

namespace scep_ra {

// NOLINTNEXTLINE(readability-function-size): a row for each enumerator and nothing else
std::string_view word(Reason reason) noexcept {
  switch (reason) {
    case Reason::none:
      return "";
    case Reason::http_request_invalid:
      return "http-request-invalid";
    case Reason::message_too_large:
      return "message-too-large";
    case Reason::message_unreadable:
      return "message-unreadable";
    case Reason::message_type_unknown:
      return "message-type-unknown";
    case Reason::message_type_unsupported:
      return "message-type-unsupported";
    case Reason::attribute_invalid:
      return "attribute-invalid";
    case Reason::algorithm_not_allowed:
      return "algorithm-not-allowed";
    case Reason::signer_invalid:
      return "signer-invalid";
    case Reason::signature_invalid:
      return "signature-invalid";
    case Reason::envelope_unreadable:
      return "envelope-unreadable";
    case Reason::recipient_unknown:
      return "recipient-unknown";
    case Reason::csr_invalid:
      return "csr-invalid";
    case Reason::key_too_short:
      return "key-too-short";
    case Reason::key_not_allowed:
      return "key-not-allowed";
    case Reason::key_is_ra_key:
      return "key-is-ra-key";
    case Reason::subject_not_allowed:
      return "subject-not-allowed";
    case Reason::subject_missing:
      return "subject-missing";
    case Reason::san_not_allowed:
      return "san-not-allowed";
    case Reason::key_usage_not_allowed:
      return "key-usage-not-allowed";
    case Reason::extension_not_allowed:
      return "extension-not-allowed";
    case Reason::attribute_not_allowed:
      return "attribute-not-allowed";
    case Reason::reply_undeliverable:
      return "reply-undeliverable";
    case Reason::password_missing:
      return "password-missing";
    case Reason::password_unknown:
      return "password-unknown";
    case Reason::too_many_wrong_passwords:
      return "too-many-wrong-passwords";
    case Reason::password_cache_full:
      return "password-cache-full";
    case Reason::template_unknown:
      return "template-unknown";
    case Reason::renewal_not_allowed:
      return "renewal-not-allowed";
    case Reason::renewal_too_early:
      return "renewal-too-early";
    case Reason::renewal_name_changed:
      return "renewal-name-changed";
    case Reason::renewed_too_often:
      return "renewed-too-often";
    case Reason::certificate_revoked:
      return "certificate-revoked";
    case Reason::certificate_expired:
      return "certificate-expired";
    case Reason::user_not_allowed:
      return "user-not-allowed";
    case Reason::channel_not_allowed:
      return "channel-not-allowed";
    case Reason::method_not_allowed:
      return "method-not-allowed";
    case Reason::transaction_open:
      return "transaction-open";
    case Reason::transaction_unknown:
      return "transaction-unknown";
    case Reason::request_in_progress:
      return "request-in-progress";
    case Reason::too_many_pending:
      return "too-many-pending";
    case Reason::approval_denied:
      return "approval-denied";
    case Reason::certificate_unknown:
      return "certificate-unknown";
    case Reason::ca_denied:
      return "ca-denied";
    case Reason::ca_unreachable:
      return "ca-unreachable";
    case Reason::store_unavailable:
      return "store-unavailable";
    case Reason::run_folder_unusable:
      return "run-folder-unusable";
    case Reason::event_not_written:
      return "event-not-written";
    case Reason::ra_certificate_expired:
      return "ra-certificate-expired";
    case Reason::ra_certificate_expiring:
      return "ra-certificate-expiring";
    case Reason::ra_key_unusable:
      return "ra-key-unusable";
    case Reason::crl_outdated:
      return "crl-outdated";
    case Reason::certificate_unreadable:
      return "certificate-unreadable";
    case Reason::configuration_invalid:
      return "configuration-invalid";
    case Reason::internal_error:
      return "internal-error";
  }
  return "internal-error";
}

std::unexpected<Error> fail(Errc code, Reason reason, std::string detail) {
  return std::unexpected(Error{code, reason, std::move(detail)});
}

}  // namespace scep_ra
