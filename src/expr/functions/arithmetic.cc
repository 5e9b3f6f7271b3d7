// + - * / % and unary minus: overflow, division by zero and results out of range are errors.
#include <algorithm>
#include <cmath>

#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/functions/money.h"
#include "expr/functions/text_forms.h"

namespace rapport::expr {
namespace {

constexpr Failure kOverflow{"integer overflow"};
constexpr Failure kDivideByZero{"divide by zero"};
constexpr Failure kModulusByZero{"modulus by zero"};
constexpr Failure kDurationRange{"range: a duration is at most 315,576,000,000 s"};
constexpr Failure kTimestampRange{"range: a timestamp lies in the years 1 to 9999"};

Value add_int(Arguments a, Call&) {
  int64_t r;
  if (__builtin_add_overflow(a[0].as_int(), a[1].as_int(), &r)) return Value::error(&kOverflow);
  return Value::integer(r);
}
Value subtract_int(Arguments a, Call&) {
  int64_t r;
  if (__builtin_sub_overflow(a[0].as_int(), a[1].as_int(), &r)) return Value::error(&kOverflow);
  return Value::integer(r);
}
Value multiply_int(Arguments a, Call&) {
  int64_t r;
  if (__builtin_mul_overflow(a[0].as_int(), a[1].as_int(), &r)) return Value::error(&kOverflow);
  return Value::integer(r);
}
Value divide_int(Arguments a, Call&) {
  if (a[1].as_int() == 0) return Value::error(&kDivideByZero);
  if (a[0].as_int() == INT64_MIN && a[1].as_int() == -1) return Value::error(&kOverflow);
  return Value::integer(a[0].as_int() / a[1].as_int());
}
Value modulo_int(Arguments a, Call&) {
  if (a[1].as_int() == 0) return Value::error(&kModulusByZero);
  if (a[1].as_int() == -1)
    return a[0].as_int() == INT64_MIN ? Value::error(&kOverflow) : Value::integer(0);
  return Value::integer(a[0].as_int() % a[1].as_int());
}
Value negate_int(Arguments a, Call&) {
  if (a[0].as_int() == INT64_MIN) return Value::error(&kOverflow);
  return Value::integer(-a[0].as_int());
}

Value add_uint(Arguments a, Call&) {
  uint64_t r;
  if (__builtin_add_overflow(a[0].as_uint(), a[1].as_uint(), &r)) return Value::error(&kOverflow);
  return Value::uint(r);
}
Value subtract_uint(Arguments a, Call&) {
  if (a[0].as_uint() < a[1].as_uint()) return Value::error(&kOverflow);
  return Value::uint(a[0].as_uint() - a[1].as_uint());
}
Value multiply_uint(Arguments a, Call&) {
  uint64_t r;
  if (__builtin_mul_overflow(a[0].as_uint(), a[1].as_uint(), &r)) return Value::error(&kOverflow);
  return Value::uint(r);
}
Value divide_uint(Arguments a, Call&) {
  if (a[1].as_uint() == 0) return Value::error(&kDivideByZero);
  return Value::uint(a[0].as_uint() / a[1].as_uint());
}
Value modulo_uint(Arguments a, Call&) {
  if (a[1].as_uint() == 0) return Value::error(&kModulusByZero);
  return Value::uint(a[0].as_uint() % a[1].as_uint());
}

Value add_double(Arguments a, Call&) {
  return Value::real(a[0].as_double() + a[1].as_double());
}
Value subtract_double(Arguments a, Call&) {
  return Value::real(a[0].as_double() - a[1].as_double());
}
Value multiply_double(Arguments a, Call&) {
  return Value::real(a[0].as_double() * a[1].as_double());
}
Value divide_double(Arguments a, Call&) {
  return Value::real(a[0].as_double() / a[1].as_double());
}
Value negate_double(Arguments a, Call&) {
  return Value::real(-a[0].as_double());
}

Value add_text(Arguments a, Call& call) {
  const std::string_view left = a[0].as_text(), right = a[1].as_text();
  char* at = call.arena.array<char>(left.size() + right.size());
  if (at == nullptr) return call.arena.string(left);  // no room either: the error value
  std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), at));
  const std::string_view both(at, left.size() + right.size());
  return a[0].is(Kind::kBytes) ? Value::bytes(both) : Value::string(both);
}

Value add_lists(Arguments a, Call& call) {
  const uint32_t left = list_size(a[0]), right = list_size(a[1]);
  auto* at = call.arena.array<Value>(size_t{left} + right);
  if (at == nullptr) return call.error("these lists are longer than the memory limit allows");
  for (uint32_t i = 0; i < left; ++i) at[i] = list_at(a[0], i, call.arena);
  for (uint32_t i = 0; i < right; ++i) at[left + i] = list_at(a[1], i, call.arena);
  return Value::list(at, size_t{left} + right);
}

Value timestamp_of(__int128 nanos) {
  const Span t = from_nanos(nanos);
  return in_range_of_timestamp(t) ? Value::timestamp(t) : Value::error(&kTimestampRange);
}
Value duration_of(__int128 nanos) {
  const Span d = from_nanos(nanos);
  return in_range_of_duration(d) ? Value::duration(d) : Value::error(&kDurationRange);
}
__int128 sum(Arguments a) {
  return to_nanos(a[0].as_span()) + to_nanos(a[1].as_span());
}
__int128 difference(Arguments a) {
  return to_nanos(a[0].as_span()) - to_nanos(a[1].as_span());
}
Value to_timestamp_sum(Arguments a, Call&) {
  return timestamp_of(sum(a));
}
Value to_duration_sum(Arguments a, Call&) {
  return duration_of(sum(a));
}
Value to_timestamp_difference(Arguments a, Call&) {
  return timestamp_of(difference(a));
}
Value to_duration_difference(Arguments a, Call&) {
  return duration_of(difference(a));
}

constexpr Overload kOverloads[] = {
    {"_+_", "(int, int) -> int", 1, add_int},
    {"_+_", "(uint, uint) -> uint", 1, add_uint},
    {"_+_", "(double, double) -> double", 1, add_double},
    {"_+_", "(string, string) -> string", 1, add_text},
    {"_+_", "(bytes, bytes) -> bytes", 1, add_text},
    {"_+_", "(list(T), list(T)) -> list(T)", 1, add_lists},
    {"_+_", "(timestamp, duration) -> timestamp", 1, to_timestamp_sum},
    {"_+_", "(duration, timestamp) -> timestamp", 1, to_timestamp_sum},
    {"_+_", "(duration, duration) -> duration", 1, to_duration_sum},
    {"_+_", "(money, money) -> money", 1, add_money},
    {"_-_", "(int, int) -> int", 1, subtract_int},
    {"_-_", "(uint, uint) -> uint", 1, subtract_uint},
    {"_-_", "(double, double) -> double", 1, subtract_double},
    {"_-_", "(timestamp, timestamp) -> duration", 1, to_duration_difference},
    {"_-_", "(timestamp, duration) -> timestamp", 1, to_timestamp_difference},
    {"_-_", "(duration, duration) -> duration", 1, to_duration_difference},
    {"_-_", "(money, money) -> money", 1, subtract_money},
    {"_*_", "(int, int) -> int", 1, multiply_int},
    {"_*_", "(uint, uint) -> uint", 1, multiply_uint},
    {"_*_", "(double, double) -> double", 1, multiply_double},
    {"_*_", "(money, int) -> money", 1, multiply_money},
    {"_*_", "(int, money) -> money", 1, multiply_money},
    {"_/_", "(int, int) -> int", 1, divide_int},
    {"_/_", "(uint, uint) -> uint", 1, divide_uint},
    {"_/_", "(double, double) -> double", 1, divide_double},
    {"_%_", "(int, int) -> int", 1, modulo_int},
    {"_%_", "(uint, uint) -> uint", 1, modulo_uint},
    {"-_", "(int) -> int", 1, negate_int},
    {"-_", "(double) -> double", 1, negate_double},
    {"-_", "(money) -> money", 1, negate_money},
};

}  // namespace

std::span<const Overload> arithmetic_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
