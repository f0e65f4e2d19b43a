#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace scep_ra {

// One TOML file describes one RA. nginx, httpd and the `scep-ra` command read the same file through
// the same setting table, so that all of them name the same file, line and reason.
using Path = std::filesystem::path;

// Request headers a server module copies into `HttpRequest::headers`, spelt as on the wire.
[[gnu::visibility("default")]] std::span<const std::string_view> headers_of_interest() noexcept;

}  // namespace scep_ra
