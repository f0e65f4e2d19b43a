#include "target.h"

#include <netdb.h>

#include <cstring>
#include <memory>
#include <string_view>

namespace scep_ra::bench {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

std::unexpected<Error> no_target(std::string why) {
  return fail(Errc::config, Reason::configuration_invalid, std::move(why));
}

}  // namespace

Result<Target> resolve(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme) || url.contains('?'))
    return no_target(url + ": not http://host[:port]/path");
  Target target;
  target.url = url;
  const auto slash = url.find('/', scheme.size());
  target.authority = url.substr(scheme.size(), slash - scheme.size());
  target.path = slash == url.npos ? "/" : url.substr(slash);

  std::string host = target.authority;
  std::string port = "80";
  const auto colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (colon != host.npos) {
    port = host.substr(colon + 1);
    host.resize(colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);

  const addrinfo wanted{.ai_flags = AI_NUMERICSERV,
                        .ai_family = AF_UNSPEC,
                        .ai_socktype = SOCK_STREAM,
                        .ai_protocol = 0,
                        .ai_addrlen = 0,
                        .ai_addr = nullptr,
                        .ai_canonname = nullptr,
                        .ai_next = nullptr};
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(host.c_str(), port.c_str(), &wanted, &list); code != 0)
    return no_target(url + ": " + gai_strerror(code));
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  std::memcpy(&target.address, list->ai_addr, list->ai_addrlen);
  target.address_size = list->ai_addrlen;
  return target;
}

}  // namespace scep_ra::bench
