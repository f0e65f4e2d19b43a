#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "scep-ra/http.h"

namespace scep_ra::web {

// A short text for a human; our own words only, nothing of the request and nothing that tells how
// this RA is built (threats-and-tests W10). Never kept by a cache.
HttpReply text_reply(int status, std::string_view text);

// 405, with what is allowed instead.
HttpReply method_not_allowed(std::string_view allowed);

// 503 with Retry-After.
HttpReply unavailable(Seconds retry_after);

// 429 with Retry-After.
HttpReply too_many_attempts(Seconds retry_after);

// How long a client is asked to wait: more requests in flight than allowed, or a neighbour away
// (keys-and-state B7).
inline constexpr Seconds retry_soon{5};
inline constexpr Seconds retry_later{30};

// A page as NDES sends it: UTF-16LE with a byte order mark, Content-Type without charset
// (ndes-behaviour 3.1). Kept by no cache, shown in no frame, runs nothing. Wipes the text it was
// made of, since that may hold a password.
HttpReply page_reply(std::string page);

}  // namespace scep_ra::web
