// rooms: expr
// Any text as a record: it is read as parse_json reads it, or refused as that refuses it.
#include <cstddef>
#include <cstdint>

#include "base/json.h"
#include "expr/collections.h"
#include "expr/json_slots.h"

namespace {

using rapport::Json;
using rapport::expr::Kind;
using rapport::expr::Value;

bool same(const Json& json, const Value& value, rapport::expr::Arena& arena) {
  if (json.is_null()) return value.is(Kind::kNull);
  if (json.is_bool()) return value.is(Kind::kBool) && value.as_bool() == json.as_bool();
  if (json.is_int()) return value.is(Kind::kInt) && value.as_int() == json.as_int();
  if (json.is_double()) return value.is(Kind::kDouble) && value.as_double() == json.as_double();
  if (json.is_string()) return value.is(Kind::kString) && value.as_text() == json.as_string();
  if (json.is_array()) {
    if (!value.is(Kind::kList) || value.cell_count() != json.as_array().size()) return false;
    for (size_t i = 0; i < json.as_array().size(); ++i)
      if (!same(json.as_array()[i], value.cells()[i], arena)) return false;
    return true;
  }
  if (!value.is(Kind::kObject) || map_size(value) != json.as_object().size()) return false;
  for (uint32_t i = 0; i < map_size(value); ++i) {
    const auto entry = map_at(value, i, arena);
    const auto& [name, held] = json.as_object()[i];
    if (entry.key.as_text() != name.view() || !same(held, entry.value, arena)) return false;
  }
  return true;
}

// A member by names, one after the other; unlike Json::at_path never an element of a list.
const Json* member_at(const Json& json, std::string_view path) {
  const Json* at = &json;
  while (at != nullptr && !path.empty()) {
    const size_t dot = path.find('.');
    at = at->find(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const std::vector<std::string> kPaths = {"a", "a.b", "b.c", "b.c.d", "type", "e.f.g"};
  static const auto reader = rapport::expr::JsonSlotReader::make(kPaths);
  if (!reader.ok()) __builtin_trap();
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  static rapport::expr::JsonSlots record;
  rapport::expr::Arena arena;
  const auto read = reader->read(text, record);
  const auto json = rapport::parse_json(text);
  if (!read.ok()) {
    if (json.ok() || read.error().message.empty()) __builtin_trap();
    return 0;
  }
  if (!json.ok()) {
    // Only a member that stands twice where nothing is declared may pass.
    if (json.error().message.find("twice") == std::string::npos) __builtin_trap();
    return 0;
  }
  for (uint32_t slot = 0; slot < kPaths.size(); ++slot) {
    const Value value = record.read(slot, arena);
    const Json* expected = member_at(*json, kPaths[slot]);
    if (expected == nullptr ? !value.is_absent() : !same(*expected, value, arena)) __builtin_trap();
  }
  return 0;
}
