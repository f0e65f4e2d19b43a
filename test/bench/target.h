#pragma once

#include <sys/socket.h>

#include <string>

#include "scep-ra/error.h"

namespace scep_ra::bench {

// Where messages go: an http URL whose host is resolved once, so that the load needs no resolver.
struct Target {
  std::string url;        // as given, without a query
  std::string authority;  // for the Host header
  std::string path;
  sockaddr_storage address{};
  socklen_t address_size = 0;
};

// "http://host[:port]/path", an IPv6 address in brackets. Errc::config.
Result<Target> resolve(const std::string& url);

}  // namespace scep_ra::bench
