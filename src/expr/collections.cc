#include "expr/collections.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "expr/functions/money.h"
#include "expr/registry.h"

namespace rapport::expr {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;
constexpr size_t kBytesCompared = 128;  // for a unit of work
constexpr Failure kTooLong{"comparing these values is more work than the limit allows"};

// The same number as int, else uint, else double, so that equal numbers are equal bits.
Value canonical(const Value& key) {
  if (key.is(Kind::kUint) && key.as_uint() <= INT64_MAX) return Value::integer(key.as_int());
  if (!key.is(Kind::kDouble)) return key;
  const double d = key.as_double();
  if (d != std::trunc(d)) return key;
  if (d >= -kTwoTo63 && d < kTwoTo63) return Value::integer(static_cast<int64_t>(d));
  if (d >= 0 && d < kTwoTo64) return Value::uint(static_cast<uint64_t>(d));
  return key;
}

std::partial_ordering compare_int_uint(int64_t n, uint64_t u) {
  if (n < 0) return std::partial_ordering::less;
  return static_cast<uint64_t>(n) <=> u;
}

std::partial_ordering reversed(std::partial_ordering order) {
  return 0 <=> order;
}

// True, false, or the first thing that could not be told; false ends at once.
class AllOf {
 public:
  explicit AllOf(Call& call) : call_(call) {}
  // False when the outcome is settled.
  bool add(const Value& part) {
    if (part.is_true()) return true;
    if (part.is_unknown() && outcome_.is_unknown())
      outcome_ = call_.arena.merge_unknown(outcome_, part);
    else
      outcome_ = part;
    return part.is_unknown();
  }
  Value outcome() const { return outcome_; }

 private:
  Call& call_;
  Value outcome_ = Value::boolean(true);
};

Value equal_texts(std::string_view a, std::string_view b, Call& call) {
  if (a.size() != b.size()) return Value::boolean(false);
  if (!call.budget.spend(a.size() / kBytesCompared)) return Value::error(&kTooLong);
  return Value::boolean(a == b);
}

Value equal_lists(const Value& a, const Value& b, Call& call) {
  const uint32_t size = list_size(a);
  if (size != list_size(b)) return Value::boolean(false);
  AllOf all(call);
  for (uint32_t i = 0; i < size; ++i)
    if (!all.add(equal(list_at(a, i, call.arena), list_at(b, i, call.arena), call))) break;
  return all.outcome();
}

Value equal_maps(const Value& a, const Value& b, Call& call) {
  const uint32_t size = map_size(a);
  if (size != map_size(b) || type_name(a) != type_name(b)) return Value::boolean(false);
  AllOf all(call);
  for (uint32_t i = 0; i < size; ++i) {
    const MapEntry entry = map_at(a, i, call.arena);
    const Value other = map_find(b, entry.key, call.arena);
    if (other.is_absent()) return Value::boolean(false);
    if (!all.add(equal(entry.value, other, call))) break;
  }
  return all.outcome();
}

Value equal_optionals(const Value& a, const Value& b, Call& call) {
  if (a.held() == nullptr || b.held() == nullptr)
    return Value::boolean(a.held() == nullptr && b.held() == nullptr);
  return equal(*a.held(), *b.held(), call);
}

bool equal_opaque(const Opaque& a, const Opaque& b) {
  return a.type == b.type && a.type->equal(a, b);
}

}  // namespace

uint32_t hash_key(const Value& key) {
  const Value k = canonical(key);
  uint64_t h = 0xcbf29ce484222325u;
  if (k.is(Kind::kString)) {
    for (const char c : k.as_text()) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  } else {
    h = (h ^ k.as_uint()) * 0x9e3779b97f4a7c15u;
  }
  return static_cast<uint32_t>(h ^ (h >> 32));
}

bool same_key(const Value& a, const Value& b) {
  if (a.is(Kind::kString) || b.is(Kind::kString))
    return a.kind() == b.kind() && a.as_text() == b.as_text();
  const Value x = canonical(a), y = canonical(b);
  return x.kind() == y.kind() && x.as_uint() == y.as_uint();
}

Value map_find(const Value& map, const Value& key, Arena& arena) {
  if (map.is_view()) return map.map_view()->find(key, arena);
  const MapCells& cells = *map.map_cells();
  if (cells.buckets == nullptr) {
    for (uint32_t i = 0; i < cells.size; ++i)
      if (same_key(cells.entries[i].key, key)) return cells.entries[i].value;
    return Value::absent();
  }
  for (uint32_t at = hash_key(key) & cells.mask; cells.buckets[at] != 0;
       at = (at + 1) & cells.mask) {
    const MapEntry& entry = cells.entries[cells.buckets[at] - 1];
    if (same_key(entry.key, key)) return entry.value;
  }
  return Value::absent();
}

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.is(Kind::kInt)) {
    if (b.is(Kind::kInt)) return a.as_int() <=> b.as_int();
    if (b.is(Kind::kUint)) return compare_int_uint(a.as_int(), b.as_uint());
    return static_cast<double>(a.as_int()) <=> b.as_double();
  }
  if (a.is(Kind::kUint)) {
    if (b.is(Kind::kUint)) return a.as_uint() <=> b.as_uint();
    if (b.is(Kind::kInt)) return reversed(compare_int_uint(b.as_int(), a.as_uint()));
    return static_cast<double>(a.as_uint()) <=> b.as_double();
  }
  if (b.is(Kind::kInt)) return a.as_double() <=> static_cast<double>(b.as_int());
  if (b.is(Kind::kUint)) return a.as_double() <=> static_cast<double>(b.as_uint());
  return a.as_double() <=> b.as_double();
}

Value equal(const Value& a, const Value& b, Call& call) {
  if (!call.budget.spend(1)) return Value::error(&kTooLong);
  if (a.is_unknown() || b.is_unknown())
    return call.arena.merge_unknown(a.is_unknown() ? a : b, b.is_unknown() ? b : a);
  if (a.is_number() && b.is_number()) return Value::boolean(compare_numbers(a, b) == 0);
  if (is_map(a) && is_map(b)) return equal_maps(a, b, call);
  if (a.kind() != b.kind()) return Value::boolean(false);
  switch (a.kind()) {
    case Kind::kNull:
      return Value::boolean(true);
    case Kind::kBool:
      return Value::boolean(a.as_bool() == b.as_bool());
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      return equal_texts(a.as_text(), b.as_text(), call);
    case Kind::kTimestamp:
    case Kind::kDuration:
      return Value::boolean(a.as_span() == b.as_span());
    case Kind::kMoney:
      return equal_money(a, b, call);
    case Kind::kList:
      return equal_lists(a, b, call);
    case Kind::kOptional:
      return equal_optionals(a, b, call);
    case Kind::kOpaque:
      return Value::boolean(equal_opaque(*a.as_opaque(), *b.as_opaque()));
    default:
      return a.is_error() ? a : b;
  }
}

std::optional<std::partial_ordering> compare(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::kBool:
      return a.as_bool() <=> b.as_bool();
    case Kind::kString:
    case Kind::kBytes:
      return a.as_text().compare(b.as_text()) <=> 0;
    case Kind::kTimestamp:
    case Kind::kDuration:
      return a.as_span() <=> b.as_span();
    case Kind::kMoney:
      if (a.as_money().currency != b.as_money().currency) return std::nullopt;
      return a.as_money().minor <=> b.as_money().minor;
    default:
      return std::nullopt;
  }
}

std::vector<std::string> missing_paths(const Value& unknown) {
  constexpr int kMostNodes = 10'000;
  constexpr size_t kMostPaths = 100;
  std::set<std::string> paths;
  std::vector<const Missing*> open;
  if (unknown.is_unknown()) open.push_back(unknown.missing());
  for (int seen = 0; !open.empty() && seen < kMostNodes && paths.size() < kMostPaths; ++seen) {
    const Missing* node = open.back();
    open.pop_back();
    if (node == nullptr) continue;
    if (!node->path.empty()) paths.emplace(node->path);
    open.push_back(node->left);
    open.push_back(node->right);  // looked at first: the longer side is mostly on the left
  }
  return {paths.begin(), paths.end()};
}

namespace {

Value keep_list(const Value& list, Arena& arena) {
  std::vector<Value> items;
  for (uint32_t i = 0; i < list_size(list); ++i) {
    items.push_back(keep(list_at(list, i, arena), arena));
    if (items.back().is_error()) return items.back();
  }
  return arena.list(items);
}

Value keep_map(const Value& map, Arena& arena) {
  std::vector<MapEntry> entries;
  for (uint32_t i = 0; i < map_size(map); ++i) {
    const MapEntry entry = map_at(map, i, arena);
    entries.push_back({keep(entry.key, arena), keep(entry.value, arena)});
    if (entries.back().value.is_error()) return entries.back().value;
  }
  return arena.map(entries);
}

}  // namespace

Value keep(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::kString:
      return arena.string(value.as_text());
    case Kind::kBytes:
      return arena.bytes(value.as_text());
    case Kind::kType: {
      const Value name = arena.string(value.as_text());
      return name.is_error() ? name : Value::type(name.as_text());
    }
    case Kind::kList:
      return keep_list(value, arena);
    case Kind::kMap:
    case Kind::kObject:
      return keep_map(value, arena);
    case Kind::kOptional: {
      if (value.held() == nullptr) return value;
      const Value held = keep(*value.held(), arena);
      return held.is_error() ? held : arena.some(held);
    }
    case Kind::kError:
      return arena.error(value.failure()->message);
    case Kind::kUnknown: {
      Value all = Value::unknown(nullptr);
      for (const std::string& path : missing_paths(value)) {
        const Value one = arena.missing(arena.string(path).as_text());
        if (!one.is_unknown()) break;
        all = all.missing() == nullptr ? Value::unknown(one.missing())
                                       : arena.merge_unknown(all, one);
      }
      return all;
    }
    default:
      return value;
  }
}

}  // namespace rapport::expr
