// Instants and spans in microseconds, and their RFC 3339 form. Pure: nothing here reads a clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rapport {

// A span of time, or (as Micros since 1970-01-01T00:00:00Z) an instant. Signed.
struct Micros {
  int64_t value = 0;
  auto operator<=>(const Micros&) const = default;
  Micros operator+(Micros o) const { return {value + o.value}; }
  Micros operator-(Micros o) const { return {value - o.value}; }
};
constexpr Micros millis(int64_t n) {
  return {n * 1000};
}
constexpr Micros seconds(int64_t n) {
  return {n * 1'000'000};
}
constexpr Micros minutes(int64_t n) {
  return seconds(n * 60);
}
constexpr Micros hours(int64_t n) {
  return minutes(n * 60);
}
constexpr Micros days(int64_t n) {
  return hours(n * 24);
}

// "2026-03-02T09:00:00.123456Z" or with an offset, 0 to 9 digits of fraction (cut to micros);
// the date alone is midnight UTC. Years 1 to 9999. Error names the text.
Result<Micros> parse_time(std::string_view text);

// RFC 3339 in UTC with milliseconds, e.g. "2026-03-02T09:00:00.123Z". Micros are kept only by
// format_time_micros.
std::string format_time(Micros instant);
std::string format_time_micros(Micros instant);

}  // namespace rapport
