// The math extension.
#include <cmath>

#include "expr/collections.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

constexpr Failure kOverflow{"integer overflow"};
constexpr Failure kNegativeOffset{"negative offset"};
constexpr Failure kEmptyList{"math.greatest and math.least need at least one number"};

constexpr Failure kNoNumber{"math.greatest and math.least take numbers only"};

enum class End { kLeast, kGreatest };

template <End kEnd>
bool replaces(const Value& found, const Value& best) {
  const auto order = compare_numbers(found, best);
  return kEnd == End::kLeast ? order < 0 : order > 0;
}

template <End kEnd>
Value extreme_of_list(Arguments args, Call& call) {
  const uint32_t size = list_size(args[0]);
  if (size == 0) return Value::error(&kEmptyList);
  Value best;
  for (uint32_t i = 0; i < size; ++i) {
    const Value item = list_at(args[0], i, call.arena);
    if (item.is_unknown() || item.is_error()) return item;
    if (!item.is_number()) return Value::error(&kNoNumber);
    if (i == 0 || replaces<kEnd>(item, best)) best = item;
  }
  return best;
}

template <End kEnd>
Value extreme(Arguments args, Call& call) {
  const Value list = Value::list(args.data(), args.size());
  return extreme_of_list<kEnd>({&list, 1}, call);
}

template <double (*kFunction)(double)>
Value of_double(Arguments args, Call&) {
  return Value::real(kFunction(args[0].as_double()));
}
double ceil_of(double d) {
  return std::ceil(d);
}
double floor_of(double d) {
  return std::floor(d);
}
double round_of(double d) {
  return std::round(d);
}  // half away from zero
double trunc_of(double d) {
  return std::trunc(d);
}
double sqrt_of(double d) {
  return std::sqrt(d);
}
double abs_of(double d) {
  return std::fabs(d);
}
double sign_of(double d) {
  return std::isnan(d) ? d : d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0;
}

Value sqrt_of_int(Arguments args, Call&) {
  return Value::real(std::sqrt(static_cast<double>(args[0].as_int())));
}
Value sqrt_of_uint(Arguments args, Call&) {
  return Value::real(std::sqrt(static_cast<double>(args[0].as_uint())));
}
Value abs_of_int(Arguments args, Call&) {
  const int64_t n = args[0].as_int();
  if (n == INT64_MIN) return Value::error(&kOverflow);
  return Value::integer(n < 0 ? -n : n);
}
Value itself(Arguments args, Call&) {
  return args[0];
}
Value sign_of_int(Arguments args, Call&) {
  const int64_t n = args[0].as_int();
  return Value::integer((n > 0) - (n < 0));
}
Value sign_of_uint(Arguments args, Call&) {
  return Value::uint(args[0].as_uint() > 0);
}

Value is_nan(Arguments args, Call&) {
  return Value::boolean(std::isnan(args[0].as_double()));
}
Value is_inf(Arguments args, Call&) {
  return Value::boolean(std::isinf(args[0].as_double()));
}
Value is_finite(Arguments args, Call&) {
  return Value::boolean(std::isfinite(args[0].as_double()));
}

Value word(const Value& like, uint64_t bits) {
  return like.is(Kind::kInt) ? Value::integer(static_cast<int64_t>(bits)) : Value::uint(bits);
}
Value bit_and(Arguments a, Call&) {
  return word(a[0], a[0].as_uint() & a[1].as_uint());
}
Value bit_or(Arguments a, Call&) {
  return word(a[0], a[0].as_uint() | a[1].as_uint());
}
Value bit_xor(Arguments a, Call&) {
  return word(a[0], a[0].as_uint() ^ a[1].as_uint());
}
Value bit_not(Arguments a, Call&) {
  return word(a[0], ~a[0].as_uint());
}
Value shift_left(Arguments a, Call&) {
  if (a[1].as_int() < 0) return Value::error(&kNegativeOffset);
  return word(a[0], a[1].as_int() > 63 ? 0 : a[0].as_uint() << a[1].as_int());
}
// Zeros come in from the left, also for negative numbers.
Value shift_right(Arguments a, Call&) {
  if (a[1].as_int() < 0) return Value::error(&kNegativeOffset);
  return word(a[0], a[1].as_int() > 63 ? 0 : a[0].as_uint() >> a[1].as_int());
}

#define RAPPORT_EXTREME(name, end)                                                              \
  {name, "(int, ...) -> int", 1, extreme<end>}, {name, "(uint, ...) -> uint", 1, extreme<end>}, \
      {name, "(double, ...) -> double", 1, extreme<end>},                                       \
      {name, "(list(int)) -> int", 1, extreme_of_list<end>},                                    \
      {name, "(list(uint)) -> uint", 1, extreme_of_list<end>},                                  \
      {name, "(list(double)) -> double", 1, extreme_of_list<end>},                              \
      {name, "(list(dyn)) -> dyn", 1, extreme_of_list<end>}, {                                  \
    name, "(dyn, dyn, ...) -> dyn", 1, extreme<end>                                             \
  }
#define RAPPORT_BITS(name, function)          \
  {name, "(int, int) -> int", 1, function}, { \
    name, "(uint, uint) -> uint", 1, function \
  }

constexpr Overload kOverloads[] = {
    RAPPORT_EXTREME("math.greatest", End::kGreatest),
    RAPPORT_EXTREME("math.least", End::kLeast),
    {"math.ceil", "(double) -> double", 1, of_double<ceil_of>},
    {"math.floor", "(double) -> double", 1, of_double<floor_of>},
    {"math.round", "(double) -> double", 1, of_double<round_of>},
    {"math.trunc", "(double) -> double", 1, of_double<trunc_of>},
    {"math.sqrt", "(double) -> double", 1, of_double<sqrt_of>},
    {"math.sqrt", "(int) -> double", 1, sqrt_of_int},
    {"math.sqrt", "(uint) -> double", 1, sqrt_of_uint},
    {"math.abs", "(double) -> double", 1, of_double<abs_of>},
    {"math.abs", "(int) -> int", 1, abs_of_int},
    {"math.abs", "(uint) -> uint", 1, itself},
    {"math.sign", "(double) -> double", 1, of_double<sign_of>},
    {"math.sign", "(int) -> int", 1, sign_of_int},
    {"math.sign", "(uint) -> uint", 1, sign_of_uint},
    {"math.isNaN", "(double) -> bool", 1, is_nan},
    {"math.isInf", "(double) -> bool", 1, is_inf},
    {"math.isFinite", "(double) -> bool", 1, is_finite},
    RAPPORT_BITS("math.bitAnd", bit_and),
    RAPPORT_BITS("math.bitOr", bit_or),
    RAPPORT_BITS("math.bitXor", bit_xor),
    {"math.bitNot", "(int) -> int", 1, bit_not},
    {"math.bitNot", "(uint) -> uint", 1, bit_not},
    {"math.bitShiftLeft", "(int, int) -> int", 1, shift_left},
    {"math.bitShiftLeft", "(uint, int) -> uint", 1, shift_left},
    {"math.bitShiftRight", "(int, int) -> int", 1, shift_right},
    {"math.bitShiftRight", "(uint, int) -> uint", 1, shift_right},
};

}  // namespace

std::span<const Overload> math_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
