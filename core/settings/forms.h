#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace scep_ra::settings {

using Path = std::filesystem::path;

// "60m", "30d", "6w", "1y": a number and one of s, m, h, d, w, y (365 days). Empty when it is none.
std::optional<std::uint64_t> seconds_from(std::string_view);
std::string duration_text(std::uint64_t seconds);

// "128k", "1m", "4096": octets, with the units of nginx. Empty when it is none.
std::optional<std::uint64_t> octets_from(std::string_view);
std::string size_text(std::uint64_t octets);

// A value in quotation marks for an error: one printable line, shortened.
std::string in_quotes(std::string_view);

Path absolute_path(const Path& name, const Path& folder);

// Why a text is refused whatever it is for: empty, too long, control characters.
std::optional<std::string> refuse_text(std::string_view);
// Why a text is no regular expression (ECMAScript) that we would run.
std::optional<std::string> refuse_expression(const std::string&);
// `[A-Za-z0-9 _().-]`, at most 64 of them.
bool is_template_name(std::string_view);

// The checks of `Form`.
std::optional<std::string> any_text(std::string&, const Path&);
std::optional<std::string> refuse_ra_name(std::string&, const Path&);
std::optional<std::string> refuse_state(std::string&, const Path& folder);
std::optional<std::string> refuse_pkcs11(std::string&, const Path&);
std::optional<std::string> refuse_crl_url(std::string&, const Path&);
std::optional<std::string> refuse_attribute(std::string&, const Path&);
std::optional<std::string> refuse_application_policy(std::string&, const Path&);
std::optional<std::string> refuse_address(std::string&, const Path&);
std::optional<std::string> refuse_sink(std::string&, const Path& folder);

}  // namespace scep_ra::settings
