// sets.contains, sets.equivalent, sets.intersects: lists taken as sets.
#include "expr/functions/key_set.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

// Calls `use(item)` for each item until it returns something but null; then that, else null.
template <class Use>
Value each(const Value& list, Call& call, Use use) {
  for (uint32_t i = 0; i < list_size(list); ++i) {
    const Value item = list_at(list, i, call.arena);
    const Value stop = item.is_known() ? use(item) : item;
    if (!stop.is(Kind::kNull)) return stop;
  }
  return Value::null();
}

// Whether all items, or some item, of `wanted` are in `list`.
enum class Quantity { kAll, kSome };
Value holds(const Value& list, const Value& wanted, Quantity quantity, Call& call) {
  KeySet set(call);
  const Value problem = each(list, call, [&](const Value& item) {
    const Value there = set.contains(item);
    if (!there.is(Kind::kBool)) return there;
    if (!there.as_bool()) set.add(item);
    return Value::null();
  });
  if (!problem.is(Kind::kNull)) return problem;
  const bool settles = quantity == Quantity::kSome;
  const Value settled = each(wanted, call, [&](const Value& item) {
    const Value there = set.contains(item);
    return there.is(Kind::kBool) && there.as_bool() != settles ? Value::null() : there;
  });
  return settled.is(Kind::kNull) ? Value::boolean(!settles) : settled;
}

Value contains(Arguments args, Call& call) {
  return holds(args[0], args[1], Quantity::kAll, call);
}
Value equivalent(Arguments args, Call& call) {
  const Value there = holds(args[0], args[1], Quantity::kAll, call);
  return there.is_true() ? holds(args[1], args[0], Quantity::kAll, call) : there;
}
Value intersects(Arguments args, Call& call) {
  return holds(args[0], args[1], Quantity::kSome, call);
}

constexpr Overload kOverloads[] = {
    {"sets.contains", "(list(T), list(T)) -> bool", 2, contains},
    {"sets.equivalent", "(list(T), list(T)) -> bool", 2, equivalent},
    {"sets.intersects", "(list(T), list(T)) -> bool", 2, intersects},
};

}  // namespace

std::span<const Overload> set_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
