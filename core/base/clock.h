#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace scep_ra {

// Seconds since 1970-01-01 UTC: what certificates, the store and events count in.
using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

// Time is injected, so that a test can be in another year.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::sys_time<std::chrono::microseconds> now() const = 0;
  [[nodiscard]] Time seconds() const { return std::chrono::floor<std::chrono::seconds>(now()); }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> now() const override;
};

// RFC 3339 in UTC: `2026-01-31T09:30:00Z`, and the same with microseconds.
std::string rfc3339(Time);
std::string rfc3339(std::chrono::sys_time<std::chrono::microseconds>);

}  // namespace scep_ra
