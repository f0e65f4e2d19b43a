#include "base/clock.h"

#include <cstdio>

namespace scep_ra {
namespace {

std::string date_and_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  (void)std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace

std::chrono::sys_time<std::chrono::microseconds> SystemClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string rfc3339(Time time) {
  return date_and_time(time) + "Z";
}

std::string rfc3339(std::chrono::sys_time<std::chrono::microseconds> time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  char fraction[16];
  (void)std::snprintf(fraction, sizeof fraction, ".%06dZ",
                      static_cast<int>((time - second).count()));
  return date_and_time(second) + fraction;
}

}  // namespace scep_ra
