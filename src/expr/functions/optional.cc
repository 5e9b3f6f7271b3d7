// Optional values. `a.?b`, `m[?k]`, optMap and optFlatMap are syntax; `or` and `orValue` do not
// evaluate their argument when it is not needed, which the evaluators see to.
#include "expr/collections.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

constexpr Failure kNoValue{"optional.none() has no value"};

bool is_zero(const Value& v) {
  switch (v.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return !v.as_bool();
    case Kind::kInt:
    case Kind::kUint:
      return v.as_uint() == 0;
    case Kind::kDouble:
      return v.as_double() == 0;
    case Kind::kString:
    case Kind::kBytes:
      return v.as_text().empty();
    case Kind::kDuration:
      return v.as_span() == Span{};
    case Kind::kMoney:
      return v.as_money().minor == 0;
    case Kind::kList:
      return list_size(v) == 0;
    case Kind::kMap:
    case Kind::kObject:
      return map_size(v) == 0;
    case Kind::kOptional:
      return v.held() == nullptr;
    default:
      return false;
  }
}

Value of(Arguments args, Call& call) {
  return call.arena.some(args[0]);
}
Value of_non_zero(Arguments args, Call& call) {
  return is_zero(args[0]) ? Value::none() : call.arena.some(args[0]);
}
Value none(Arguments, Call&) {
  return Value::none();
}
Value has_value(Arguments args, Call&) {
  return Value::boolean(args[0].held() != nullptr);
}
Value value(Arguments args, Call&) {
  return args[0].held() == nullptr ? Value::error(&kNoValue) : *args[0].held();
}
Value either(Arguments args, Call&) {
  return args[0].held() != nullptr ? args[0] : args[1];
}
Value or_value(Arguments args, Call&) {
  return args[0].held() != nullptr ? *args[0].held() : args[1];
}

constexpr Overload kOverloads[] = {
    {"optional.of", "(T) -> optional_type(T)", 1, of},
    {"optional.ofNonZeroValue", "(T) -> optional_type(T)", 1, of_non_zero},
    {"optional.none", "() -> optional_type(T)", 1, none},
    {"hasValue", "optional_type(T).() -> bool", 1, has_value},
    {"value", "optional_type(T).() -> T", 1, value},
    {"or", "optional_type(T).(optional_type(T)) -> optional_type(T)", 1, either},
    {"orValue", "optional_type(T).(T) -> T", 1, or_value},
};

}  // namespace

std::span<const Overload> optional_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
