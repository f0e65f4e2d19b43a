#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "scep-ra/error.h"

namespace scep_ra::scep {

// RFC 8894, 3.2.1.2. Nothing else is a message type: 18 (UpdateReq of a draft) is refused like 99.
enum class MessageType : std::uint8_t {
  cert_rep = 3,
  renewal_req = 17,
  pkcs_req = 19,
  cert_poll = 20,
  get_cert = 21,
  get_crl = 22,
};
std::optional<MessageType> message_type(std::string_view decimal) noexcept;
std::string_view word(MessageType) noexcept;  // "PKCSReq", "RenewalReq", ...

// RFC 8894, 3.2.1.3.
enum class PkiStatus : std::uint8_t { success = 0, failure = 2, pending = 3 };

// RFC 8894, 3.2.1.4.
enum class FailInfo : std::uint8_t {
  bad_alg = 0,
  bad_message_check = 1,
  bad_request = 2,
  bad_time = 3,
  bad_cert_id = 4,
};

// Failures become wire values in this function and in web's `http_status`, nowhere else.
FailInfo fail_info(Errc) noexcept;

// Opaque octets of 1 to 255, proof of nothing (scep-requirements M10, M11).
using TransactionId = std::string;

// 1 to 64 octets in requests, 16 in ours (scep-requirements M12, M13).
using Nonce = Buffer;

}  // namespace scep_ra::scep
