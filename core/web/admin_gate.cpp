#include "web/admin_gate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "scep-ra/config.h"

namespace scep_ra {

std::span<const std::string_view> headers_of_interest() noexcept {
  static constexpr std::array<std::string_view, 10> names{
      "Origin",      "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
      "Sec-Purpose", "Purpose", "X-Purpose",      "X-Moz",          "X-Forwarded-Proto"};
  return names;
}

}  // namespace scep_ra

namespace scep_ra::web {
namespace {

std::vector<std::string_view> values_of(const HttpRequest& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : request.headers)
    if (equal_ignoring_case(key, name)) values.push_back(value);
  return values;
}

// Sent once and exactly so.
bool says(const HttpRequest& request, std::string_view name, std::string_view expected) {
  const auto values = values_of(request, name);
  return values.size() == 1 && equal_ignoring_case(values.front(), expected);
}

// As octets, IPv4 also when it is written as an IPv6 address; empty when it is no address.
std::optional<in6_addr> address_of(const std::string& text) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) == 1) return address;
  if (::inet_pton(AF_INET6, ("::ffff:" + text).c_str(), &address) == 1) return address;
  return std::nullopt;
}

bool same_address(const std::string& a, const std::string& b) {
  const auto left = address_of(a);
  const auto right = address_of(b);
  return left && right && std::ranges::equal(left->s6_addr, right->s6_addr);
}

bool is_prefetch(const HttpRequest& request) {
  constexpr std::array<std::string_view, 4> names{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"};
  return std::ranges::any_of(names, [&](auto name) { return !values_of(request, name).empty(); });
}

std::string_view without_port(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const bool is_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
  return is_port ? authority.substr(0, colon) : authority;
}

// `url` as in Origin or Referer. Servers may leave the port out of the host they report.
bool is_of_host(std::string_view url, std::string_view host) {
  const auto scheme = url.find("://");
  if (scheme == url.npos || host.empty()) return false;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (equal_ignoring_case(authority, host)) return true;
  return without_port(host) == host && equal_ignoring_case(without_port(authority), host);
}

bool all_of_host(const HttpRequest& request, std::string_view header) {
  return std::ranges::all_of(values_of(request, header),
                             [&](auto url) { return is_of_host(url, request.host); });
}

// What a browser of our days says about who made it ask.
bool fetched_directly(const HttpRequest& request) {
  if (says(request, "Sec-Fetch-Site", "none")) return true;
  if (says(request, "Sec-Fetch-Site", "same-origin")) return true;
  return says(request, "Sec-Fetch-Site", "same-site") &&
         says(request, "Sec-Fetch-Mode", "navigate") && says(request, "Sec-Fetch-Dest", "document");
}

}  // namespace

bool came_over_tls(const AdminRules& rules, const HttpRequest& request) {
  if (request.over_tls) return true;
  const bool trusted = std::ranges::any_of(rules.trusted_proxies, [&](const std::string& proxy) {
    return same_address(proxy, request.peer_addr);
  });
  return trusted && says(request, "X-Forwarded-Proto", "https");
}

bool may_obtain_passwords(const AdminRules& rules, std::string_view user) {
  if (user.empty()) return false;
  return std::ranges::any_of(
      rules.users, [&](const std::string& listed) { return listed == "*" || listed == user; });
}

std::optional<std::string_view> fault_of_origin(const HttpRequest& request) {
  if (is_prefetch(request)) return "a browser asked ahead of time";
  if (!all_of_host(request, "Origin")) return "asked by a page of another site";
  const bool modern = !values_of(request, "Sec-Fetch-Site").empty();
  const bool direct = modern ? fetched_directly(request) : all_of_host(request, "Referer");
  if (!direct) return "asked by a page of another site";
  return std::nullopt;
}

}  // namespace scep_ra::web
