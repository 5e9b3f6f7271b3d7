#include "expr/conformance_values.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "expr/collections.h"
#include "expr/functions/text_forms.h"

namespace rapport::expr {
namespace {

std::optional<Value> read_list(const Json& json, Arena& arena) {
  std::vector<Value> items;
  for (const Json& item : json.as_array()) {
    const auto value = read_value(item, arena);
    if (!value) return std::nullopt;
    items.push_back(*value);
  }
  return arena.list(items);
}

std::optional<Value> read_map(const Json& json, Arena& arena) {
  std::vector<MapEntry> entries;
  for (const Json& pair : json.as_array()) {
    const auto key = read_value(pair.as_array()[0], arena);
    const auto value = read_value(pair.as_array()[1], arena);
    if (!key || !value) return std::nullopt;
    entries.push_back({*key, *value});
  }
  return arena.map(entries);
}

Span read_span(const Json& json) {
  const auto number = [&](std::string_view key) -> int64_t {
    const Json* found = json.find(key);
    if (found == nullptr) return 0;
    return found->is_string() ? std::atoll(std::string(found->as_string()).c_str())
                              : found->as_int();
  };
  return from_nanos(__int128{number("seconds")} * 1'000'000'000 + number("nanos"));
}

bool same_lists(const Value& a, const Value& b, Arena& arena) {
  if (list_size(a) != list_size(b)) return false;
  for (uint32_t i = 0; i < list_size(a); ++i)
    if (!same_value(list_at(a, i, arena), list_at(b, i, arena), arena)) return false;
  return true;
}

bool same_maps(const Value& a, const Value& b, Arena& arena) {
  if (map_size(a) != map_size(b)) return false;
  for (uint32_t i = 0; i < map_size(a); ++i) {
    const MapEntry entry = map_at(a, i, arena);
    if (!same_value(entry.value, map_find(b, entry.key, arena), arena)) return false;
  }
  return true;
}

}  // namespace

std::optional<Value> read_value(const Json& json, Arena& arena) {
  if (!json.is_object() || json.as_object().size() != 1) return std::nullopt;
  const auto& [key, value] = json.as_object()[0];
  const std::string kind(static_cast<std::string_view>(key));
  if (kind == "null") return Value::null();
  if (kind == "bool") return Value::boolean(value.as_bool());
  if (kind == "list") return read_list(value, arena);
  if (kind == "map") return read_map(value, arena);
  if (kind == "timestamp") return Value::timestamp(read_span(value));
  if (kind == "duration") return Value::duration(read_span(value));
  if (!value.is_string()) return std::nullopt;
  const std::string text(value.as_string());
  if (kind == "int") return Value::integer(std::strtoll(text.c_str(), nullptr, 10));
  if (kind == "uint") return Value::uint(std::strtoull(text.c_str(), nullptr, 10));
  if (kind == "double") return Value::real(std::strtod(text.c_str(), nullptr));
  if (kind == "string") return arena.string(text);
  if (kind == "type") return Value::type(arena.string(text).as_text());
  if (kind == "bytes") return arena.bytes(from_base64(text).value_or(""));
  return std::nullopt;
}

bool same_value(const Value& a, const Value& b, Arena& arena) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kDouble:
      return (std::isnan(a.as_double()) && std::isnan(b.as_double())) ||
             (a.as_double() == b.as_double() &&
              std::signbit(a.as_double()) == std::signbit(b.as_double()));
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      return a.as_text() == b.as_text();
    case Kind::kTimestamp:
    case Kind::kDuration:
      return a.as_span() == b.as_span();
    case Kind::kList:
      return same_lists(a, b, arena);
    case Kind::kMap:
      return same_maps(a, b, arena);
    default:
      return a.as_uint() == b.as_uint();
  }
}

}  // namespace rapport::expr
