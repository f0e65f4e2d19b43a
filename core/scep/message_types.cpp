#include "scep/message_types.h"

namespace scep_ra::scep {

std::optional<MessageType> message_type(std::string_view decimal) noexcept {
  for (const MessageType type :
       {MessageType::cert_rep, MessageType::renewal_req, MessageType::pkcs_req,
        MessageType::cert_poll, MessageType::get_cert, MessageType::get_crl})
    if (decimal == std::to_string(static_cast<unsigned>(type))) return type;
  return std::nullopt;
}

std::string_view word(MessageType type) noexcept {
  switch (type) {
    case MessageType::cert_rep:
      return "CertRep";
    case MessageType::renewal_req:
      return "RenewalReq";
    case MessageType::pkcs_req:
      return "PKCSReq";
    case MessageType::cert_poll:
      return "CertPoll";
    case MessageType::get_cert:
      return "GetCert";
    case MessageType::get_crl:
      return "GetCRL";
  }
  return "";
}

FailInfo fail_info(Errc code) noexcept {
  switch (code) {
    case Errc::bad_alg:
      return FailInfo::bad_alg;
    case Errc::bad_message_check:
      return FailInfo::bad_message_check;
    case Errc::bad_time:
      return FailInfo::bad_time;
    case Errc::bad_cert_id:
      return FailInfo::bad_cert_id;
    case Errc::malformed:
    case Errc::bad_request:
    case Errc::denied:
    case Errc::limited:
    case Errc::unavailable:
    case Errc::config:
    case Errc::internal:
      return FailInfo::bad_request;
  }
  return FailInfo::bad_request;
}

}  // namespace scep_ra::scep
