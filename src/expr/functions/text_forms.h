// Values as text and text as values: the conversions of CEL. Pure; errors are empty optionals, the
// caller words them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "expr/value.h"

namespace rapport::expr {

// The earliest and latest instants and the longest duration CEL knows, in seconds.
constexpr int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z
constexpr int64_t kLongestDuration = 315576000000;

inline bool in_range_of_timestamp(const Span& t) {
  return t.seconds >= kFirstSecond && t.seconds <= kLastSecond;
}
inline bool in_range_of_duration(const Span& d) {
  return d.seconds >= -kLongestDuration &&
         (d.seconds < kLongestDuration || (d.seconds == kLongestDuration && d.nanos == 0));
}

// What string(x) gives for bool, numbers, string, bytes (as they are), timestamp, duration, money,
// type and null; doubles in the shortest form that reads back, without exponent below 1e21.
void append_text_form(std::string& out, const Value& value);

// "2009-02-13T23:31:30.5Z" or with an offset; nothing when it is malformed or out of range.
std::optional<Span> read_timestamp(std::string_view text);
// "1h30m5.5s", "-300ms", "0"; units h, m, s, ms, us, µs, ns.
std::optional<Span> read_duration(std::string_view text);
std::optional<double> read_double(std::string_view text);
std::optional<int64_t> read_int(std::string_view text);
std::optional<uint64_t> read_uint(std::string_view text);

// Nanoseconds in all, and back.
__int128 to_nanos(const Span& span);
Span from_nanos(__int128 nanos);

// Code points.
size_t code_points(std::string_view text);
// Byte where code point `n` begins; text.size() for n = code_points(text); npos beyond.
size_t byte_of(std::string_view text, size_t n);
// Bytes of the code point that begins the (not empty) text; 1 for a byte that is no UTF-8.
size_t step(std::string_view text);

}  // namespace rapport::expr
