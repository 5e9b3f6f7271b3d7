// The lists extension: slice, flatten, distinct, sort, lists.range, reverse, first, last.
#include <algorithm>
#include <string>
#include <vector>

#include "expr/collections.h"
#include "expr/functions/key_set.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

constexpr Failure kNoRoom{"the list is longer than the limits allow"};

Value slice(Arguments args, Call& call) {
  const int64_t from = args[1].as_int(), to = args[2].as_int(), size = list_size(args[0]);
  if (from < 0 || to > size || from > to)
    return call.error("cannot slice(" + std::to_string(from) + ", " + std::to_string(to) +
                      ") a list of " + std::to_string(size));
  const auto count = static_cast<size_t>(to - from);
  if (!args[0].is_view()) return Value::list(args[0].cells() + from, count);
  auto* at = call.arena.array<Value>(count);
  if (at == nullptr) return Value::error(&kNoRoom);
  for (size_t i = 0; i < count; ++i)
    at[i] = list_at(args[0], static_cast<uint32_t>(from) + static_cast<uint32_t>(i), call.arena);
  return Value::list(at, count);
}

// False when the budget is spent.
bool flatten_into(std::vector<Value>& out, const Value& list, int64_t depth, Call& call) {
  for (uint32_t i = 0; i < list_size(list); ++i) {
    const Value item = list_at(list, i, call.arena);
    if (!call.budget.spend(1)) return false;
    if (depth <= 0 || !item.is(Kind::kList))
      out.push_back(item);
    else if (!flatten_into(out, item, depth - 1, call))
      return false;
  }
  return true;
}

Value flatten(Arguments args, Call& call) {
  const int64_t depth = args.size() > 1 ? args[1].as_int() : 1;
  if (depth < 0) return call.error("level must be non-negative");
  std::vector<Value> out;
  if (!flatten_into(out, args[0], std::min<int64_t>(depth, 100), call))
    return Value::error(&kNoRoom);
  return call.arena.list(out);
}

Value distinct(Arguments args, Call& call) {
  KeySet seen(call);
  std::vector<Value> out;
  for (uint32_t i = 0; i < list_size(args[0]); ++i) {
    const Value item = list_at(args[0], i, call.arena);
    if (!item.is_known()) return item;
    const Value there = seen.contains(item);
    if (!there.is(Kind::kBool)) return there;
    if (there.as_bool()) continue;
    seen.add(item);
    out.push_back(item);
  }
  return call.arena.list(out);
}

// All items, or the first that is missing or cannot be ordered with the one before.
Value read_sortable(std::vector<Value>& items, const Value& list, Call& call) {
  for (uint32_t i = 0; i < list_size(list); ++i) {
    const Value item = list_at(list, i, call.arena);
    if (!item.is_known()) return item;
    const auto order = compare(item, items.empty() ? item : items.back());
    if (!order || *order == std::partial_ordering::unordered)
      return call.error("only a list of values of one ordered type can be sorted");
    const bool text = item.is(Kind::kString) || item.is(Kind::kBytes);
    // Compared with each other, some log2(n) times: 8 units each, and more for long texts.
    if (!call.budget.spend(8 + (text ? item.as_text().size() / 8 : 0)))
      return Value::error(&kNoRoom);
    items.push_back(item);
  }
  return Value::null();
}

Value sort(Arguments args, Call& call) {
  std::vector<Value> items;
  const Value problem = read_sortable(items, args[0], call);
  if (!problem.is(Kind::kNull)) return problem;
  std::stable_sort(items.begin(), items.end(),
                   [](const Value& a, const Value& b) { return *compare(a, b) < 0; });
  return call.arena.list(items);
}

Value range(Arguments args, Call& call) {
  const int64_t size = std::max<int64_t>(0, args[0].as_int());
  if (!call.budget.spend(static_cast<uint64_t>(size))) return Value::error(&kNoRoom);
  auto* at = call.arena.array<Value>(static_cast<size_t>(size));
  if (at == nullptr) return Value::error(&kNoRoom);
  for (int64_t i = 0; i < size; ++i) at[i] = Value::integer(i);
  return Value::list(at, static_cast<size_t>(size));
}

Value reverse(Arguments args, Call& call) {
  const uint32_t size = list_size(args[0]);
  auto* at = call.arena.array<Value>(size);
  if (at == nullptr) return Value::error(&kNoRoom);
  for (uint32_t i = 0; i < size; ++i) at[size - 1 - i] = list_at(args[0], i, call.arena);
  return Value::list(at, size);
}

Value item_or_none(const Value& list, uint32_t index, Call& call) {
  if (index >= list_size(list)) return Value::none();
  const Value item = list_at(list, index, call.arena);
  return item.is_known() ? call.arena.some(item) : item;
}
Value first(Arguments args, Call& call) {
  return item_or_none(args[0], 0, call);
}
Value last(Arguments args, Call& call) {
  return item_or_none(args[0], list_size(args[0]) - 1, call);
}

constexpr Overload kOverloads[] = {
    {"slice", "list(T).(int, int) -> list(T)", 1, slice},
    {"flatten", "list(list(T)).() -> list(T)", 1, flatten},
    {"flatten", "list(dyn).(int) -> list(dyn)", 1, flatten},
    {"distinct", "list(T).() -> list(T)", 1, distinct},
    {"sort", "list(T).() -> list(T)", 1, sort},
    {"@sortByKeys", "list(T).(list(K)) -> list(T)", 1, sort_by_keys},
    {"lists.range", "(int) -> list(int)", 1, range},
    {"reverse", "list(T).() -> list(T)", 1, reverse},
    {"first", "list(T).() -> optional_type(T)", 1, first},
    {"last", "list(T).() -> optional_type(T)", 1, last},
};

}  // namespace

Value sort_by_keys(Arguments args, Call& call) {
  std::vector<Value> keys;
  const Value problem = read_sortable(keys, args[1], call);
  if (!problem.is(Kind::kNull)) return problem;
  if (keys.size() != list_size(args[0])) return no_such_overload();
  std::vector<uint32_t> order(keys.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return *compare(keys[a], keys[b]) < 0; });
  auto* at = call.arena.array<Value>(keys.size());
  if (at == nullptr) return Value::error(&kNoRoom);
  for (size_t i = 0; i < order.size(); ++i) at[i] = list_at(args[0], order[i], call.arena);
  return Value::list(at, keys.size());
}

std::span<const Overload> list_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
