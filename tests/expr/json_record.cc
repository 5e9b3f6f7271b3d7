#include "expr/json_record.h"

#include <algorithm>
#include <new>

#include "expr/registry.h"
#include "expr/selection.h"

namespace rapport::expr {
namespace {

class JsonList : public ListView {
 public:
  explicit JsonList(const Json::Array& items) : items_(items) {}
  uint32_t size() const override { return static_cast<uint32_t>(items_.size()); }
  Value at(uint32_t index, Arena& arena) const override { return show(items_[index], arena); }

 private:
  const Json::Array& items_;
};

class JsonObject : public MapView {
 public:
  explicit JsonObject(const Json& json) : json_(json) {}
  uint32_t size() const override { return static_cast<uint32_t>(json_.as_object().size()); }
  MapEntry at(uint32_t index, Arena& arena) const override {
    const Json::Member& member = json_.as_object()[index];
    return {Value::string(static_cast<std::string_view>(member.first)), show(member.second, arena)};
  }
  Value find(const Value& key, Arena& arena) const override {
    const Json* found = key.is(Kind::kString) ? json_.find(key.as_text()) : nullptr;
    return found == nullptr ? Value::absent() : show(*found, arena);
  }
  std::string_view type_name() const override { return "record"; }

 private:
  const Json& json_;
};

template <class View, class Shown>
const View* make(const Shown& shown, Arena& arena) {
  return new (arena.array<View>(1)) View(shown);
}

}  // namespace

Value show(const Json& json, Arena& arena) {
  if (json.is_bool()) return Value::boolean(json.as_bool());
  if (json.is_int()) return Value::integer(json.as_int());
  if (json.is_double()) return Value::real(json.as_double());
  if (json.is_string())
    return json.as_string() == "?" ? Value::unknown(nullptr) : Value::string(json.as_string());
  if (json.is_array()) return Value::list(make<JsonList>(json.as_array(), arena));
  if (json.is_object()) return Value::object(make<JsonObject>(json, arena));
  return Value::null();
}

std::optional<uint32_t> JsonRecord::slot(std::string_view path) const {
  if (fields_ == Fields::kWithinObjects && path.find('.') != std::string_view::npos)
    return std::nullopt;
  const auto found = std::find(paths_.begin(), paths_.end(), path);
  if (found == paths_.end()) paths_.emplace_back(path);
  return static_cast<uint32_t>(std::find(paths_.begin(), paths_.end(), path) - paths_.begin());
}

// As if each field were selected from the one before.
Value JsonRecord::load(uint32_t slot, Arena& arena) const {
  const std::string_view path = paths_[slot];
  Budget budget(1);
  Call call{arena, budget};
  size_t end = std::min(path.find('.'), path.size());
  const Json* first = json_.find(path.substr(0, end));
  Value value = first == nullptr ? Value::absent() : show(*first, arena);
  while (true) {
    const Value prefix = arena.missing(path.substr(0, end));
    value = with_path(value, prefix.missing());
    if (end == path.size()) return value;
    const size_t begin = end + 1;
    end = std::min(path.find('.', begin), path.size());
    const Value longer = arena.missing(path.substr(0, end));
    value = select_field(value, path.substr(begin, end - begin), Lookup::kStrict, longer.missing(),
                         call);
  }
}

}  // namespace rapport::expr
