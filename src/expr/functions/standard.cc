// The standard definitions but arithmetic and conversions: logic, equality, order, membership,
// size and the plain tests of text.
#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/functions/money.h"
#include "expr/functions/text_forms.h"
#include "expr/functions/text_search.h"

namespace rapport::expr {
namespace {

Value logical_not(Arguments args, Call&) {
  return Value::boolean(!args[0].as_bool());
}

Value equals(Arguments args, Call& call) {
  return equal(args[0], args[1], call);
}

Value differs(Arguments args, Call& call) {
  const Value same = equal(args[0], args[1], call);
  return same.is(Kind::kBool) ? Value::boolean(!same.as_bool()) : same;
}

template <class Holds>
Value ordered(Arguments args, Call& call, Holds holds) {
  if (args[0].is(Kind::kMoney) && args[1].is(Kind::kMoney)) {
    const Value order = compare_money(args[0], args[1], call);
    if (!order.is(Kind::kInt)) return order;
    return Value::boolean(holds(std::partial_ordering(order.as_int() <=> 0)));
  }
  const auto order = compare(args[0], args[1]);
  return order ? Value::boolean(holds(*order)) : no_such_overload();
}
Value less(Arguments args, Call& call) {
  return ordered(args, call, [](std::partial_ordering o) { return o < 0; });
}
Value less_or_equal(Arguments args, Call& call) {
  return ordered(args, call, [](std::partial_ordering o) { return o <= 0; });
}
Value greater(Arguments args, Call& call) {
  return ordered(args, call, [](std::partial_ordering o) { return o > 0; });
}
Value greater_or_equal(Arguments args, Call& call) {
  return ordered(args, call, [](std::partial_ordering o) { return o >= 0; });
}

Value in_list(Arguments args, Call& call) {
  Value unclear = Value::boolean(false);
  for (uint32_t i = 0; i < list_size(args[1]); ++i) {
    const Value same = equal(args[0], list_at(args[1], i, call.arena), call);
    if (same.is_true()) return same;
    if (same.is_error()) return same;
    if (same.is_unknown())
      unclear = unclear.is_unknown() ? call.arena.merge_unknown(unclear, same) : same;
  }
  return unclear;
}

Value in_map(Arguments args, Call& call) {
  const Value& key = args[0];
  const bool may_be_there = key.is_number() || key.is(Kind::kBool) || key.is(Kind::kString);
  return Value::boolean(may_be_there && !map_find(args[1], key, call.arena).is_absent());
}

Value size_of_string(Arguments args, Call&) {
  return Value::integer(static_cast<int64_t>(code_points(args[0].as_text())));
}
Value size_of_bytes(Arguments args, Call&) {
  return Value::integer(static_cast<int64_t>(args[0].as_text().size()));
}
Value size_of_list(Arguments args, Call&) {
  return Value::integer(list_size(args[0]));
}
Value size_of_map(Arguments args, Call&) {
  return Value::integer(map_size(args[0]));
}

Value contains(Arguments args, Call&) {
  return Value::boolean(find_text(args[0].as_text(), args[1].as_text()) != std::string_view::npos);
}
Value starts_with(Arguments args, Call&) {
  return Value::boolean(args[0].as_text().starts_with(args[1].as_text()));
}
Value ends_with(Arguments args, Call&) {
  return Value::boolean(args[0].as_text().ends_with(args[1].as_text()));
}

#define RAPPORT_ORDER(symbol, function)                                                            \
  {symbol, "(bool, bool) -> bool", 1, function}, {symbol, "(int, int) -> bool", 1, function},      \
      {symbol, "(int, uint) -> bool", 1, function},                                                \
      {symbol, "(int, double) -> bool", 1, function},                                              \
      {symbol, "(uint, uint) -> bool", 1, function}, {symbol, "(uint, int) -> bool", 1, function}, \
      {symbol, "(uint, double) -> bool", 1, function},                                             \
      {symbol, "(double, double) -> bool", 1, function},                                           \
      {symbol, "(double, int) -> bool", 1, function},                                              \
      {symbol, "(double, uint) -> bool", 1, function},                                             \
      {symbol, "(string, string) -> bool", 1, function},                                           \
      {symbol, "(bytes, bytes) -> bool", 1, function},                                             \
      {symbol, "(timestamp, timestamp) -> bool", 1, function},                                     \
      {symbol, "(duration, duration) -> bool", 1, function}, {                                     \
    symbol, "(money, money) -> bool", 1, function                                                  \
  }

constexpr Overload kOverloads[] = {
    {"!_", "(bool) -> bool", 1, logical_not},
    {"_==_", "(T, T) -> bool", 1, equals},
    {"_!=_", "(T, T) -> bool", 1, differs},
    RAPPORT_ORDER("_<_", less),
    RAPPORT_ORDER("_<=_", less_or_equal),
    RAPPORT_ORDER("_>_", greater),
    RAPPORT_ORDER("_>=_", greater_or_equal),
    {"@in", "(T, list(T)) -> bool", 1, in_list},
    {"@in", "(K, map(K, V)) -> bool", 1, in_map},
    {"size", "(string) -> int", 1, size_of_string},
    {"size", "(bytes) -> int", 1, size_of_bytes},
    {"size", "(list(T)) -> int", 1, size_of_list},
    {"size", "(map(K, V)) -> int", 1, size_of_map},
    {"size", "string.() -> int", 1, size_of_string},
    {"size", "bytes.() -> int", 1, size_of_bytes},
    {"size", "list(T).() -> int", 1, size_of_list},
    {"size", "map(K, V).() -> int", 1, size_of_map},
    {"contains", "string.(string) -> bool", 1, contains},
    {"startsWith", "string.(string) -> bool", 1, starts_with},
    {"endsWith", "string.(string) -> bool", 1, ends_with},
};

}  // namespace

std::span<const Overload> standard_overloads() {
  return kOverloads;
}

Value no_such_overload() {
  static constexpr Failure kFailure{"no such overload"};
  return Value::error(&kFailure);
}

}  // namespace rapport::expr
