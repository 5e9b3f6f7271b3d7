// Lists and maps read alike, whether an expression made them or the host shows them; equality and
// order of values.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "expr/arena.h"
#include "expr/record.h"
#include "expr/value.h"

namespace rapport::expr {

struct Call;

inline uint32_t list_size(const Value& list) {
  return list.is_view() ? list.list_view()->size() : list.cell_count();
}
inline Value list_at(const Value& list, uint32_t index, Arena& arena) {
  return list.is_view() ? list.list_view()->at(index, arena) : list.cells()[index];
}

// Also of objects.
inline uint32_t map_size(const Value& map) {
  return map.is_view() ? map.map_view()->size() : map.map_cells()->size;
}
inline MapEntry map_at(const Value& map, uint32_t index, Arena& arena) {
  return map.is_view() ? map.map_view()->at(index, arena) : map.map_cells()->entries[index];
}
// Value::absent() when there is no such key.
Value map_find(const Value& map, const Value& key, Arena& arena);

inline bool is_map(const Value& v) {
  return v.is(Kind::kMap) || v.is(Kind::kObject);
}

// Keys on one number line: 1, 1u and 1.0 are the same key.
uint32_t hash_key(const Value& key);
bool same_key(const Value& a, const Value& b);

// Of two numbers of any kinds; an integer compared with a double is rounded to a double first, so
// beyond 2^53 neighbours are equal. NaN is unordered.
std::partial_ordering compare_numbers(const Value& a, const Value& b);

// Equality over all kinds, as a value: a bool, unknown where it cannot be told (money of two
// currencies without a rate, something missing inside), or an error when the budget is spent.
Value equal(const Value& a, const Value& b, Call& call);

// Order of two values of one kind, or of numbers; nothing where no order is defined. Money of one
// currency only.
std::optional<std::partial_ordering> compare(const Value& a, const Value& b);

// A copy that lives in the arena alone, whatever it borrowed; objects become maps. Libraries' own
// types are not copied. An error value when there is no room.
Value keep(const Value& value, Arena& arena);

// Paths of an unknown: sorted, each once, at most 100.
std::vector<std::string> missing_paths(const Value& unknown);

}  // namespace rapport::expr
