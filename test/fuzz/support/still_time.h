#pragma once

#include <chrono>

namespace scep_ra::fuzz {

// The steady clock of a fuzz program stands still, and who sleeps moves it on: the core's waiting
// costs no time here and can be measured exactly. What was slept since the last call.
std::chrono::nanoseconds slept() noexcept;

}  // namespace scep_ra::fuzz
