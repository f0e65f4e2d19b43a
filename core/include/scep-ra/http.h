#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scep-ra/event.h"

namespace scep_ra {

// Which face of the RA a location of the web server shows.
enum class Endpoint : std::uint8_t { enrol, admin, status };

using Headers = std::vector<std::pair<std::string, std::string>>;

// The server's request as plain values, copied; no pointer into the server survives in it.
struct HttpRequest {
  std::string method;        // as sent: "GET", "POST", ...
  std::string path;          // below the location, begins with '/' or is empty
  std::string query;         // after '?', not decoded
  std::string content_type;  // may be empty
  std::string body;          // whole body, without transfer coding
  std::string host;
  std::string remote_addr;  // the client, as the server reports it; for events and limits
  std::string peer_addr;    // the TCP peer itself: the client, or the proxy in front of us
  std::string remote_user;  // proved by the server's authentication; empty: nobody
  Headers headers;          // those the core names, see `headers_of_interest`
  bool over_tls = false;
  bool body_too_large = false;  // above `Ra::maximum_message`: `body` is empty
};

struct HttpReply {
  int status = 500;
  std::string content_type;  // empty: no Content-Type
  std::string body;
  Headers headers;
  std::vector<Event> events;  // for the server's log
};

}  // namespace scep_ra
