#include "expr/macros.h"

namespace rapport::expr {
namespace {

constexpr MacroForm kForms[] = {
    {"all", Macro::kAll, 2, 1, "list.all(x, condition)"},
    {"all", Macro::kAll, 3, 2, "map.all(key, value, condition)"},
    {"exists", Macro::kExists, 2, 1, "list.exists(x, condition)"},
    {"exists", Macro::kExists, 3, 2, "map.exists(key, value, condition)"},
    {"exists_one", Macro::kExistsOne, 2, 1, "list.exists_one(x, condition)"},
    {"exists_one", Macro::kExistsOne, 3, 2, "map.exists_one(key, value, condition)"},
    {"existsOne", Macro::kExistsOne, 2, 1, "list.existsOne(x, condition)"},
    {"existsOne", Macro::kExistsOne, 3, 2, "map.existsOne(key, value, condition)"},
    {"map", Macro::kMap, 2, 1, "list.map(x, result)"},
    {"map", Macro::kMap, 3, 1, "list.map(x, condition, result)"},
    {"filter", Macro::kFilter, 2, 1, "list.filter(x, condition)"},
    {"sortBy", Macro::kSortBy, 2, 1, "list.sortBy(x, key)"},
    {"transformList", Macro::kTransformList, 3, 2, "map.transformList(key, value, result)"},
    {"transformList", Macro::kTransformList, 4, 2,
     "map.transformList(key, value, condition, result)"},
    {"transformMap", Macro::kTransformMap, 3, 2, "map.transformMap(key, value, result)"},
    {"transformMap", Macro::kTransformMap, 4, 2, "map.transformMap(key, value, condition, result)"},
    {"transformMapEntry", Macro::kTransformMapEntry, 3, 2,
     "map.transformMapEntry(key, value, {new_key: result})"},
    {"transformMapEntry", Macro::kTransformMapEntry, 4, 2,
     "map.transformMapEntry(key, value, condition, {new_key: result})"},
    {"optMap", Macro::kOptMap, 2, 1, "optional.optMap(x, result)"},
    {"optFlatMap", Macro::kOptFlatMap, 2, 1, "optional.optFlatMap(x, optional result)"},
};

}  // namespace

const MacroForm* find_macro(std::string_view name, size_t arguments) {
  for (const MacroForm& form : kForms) {
    if (form.arguments == arguments && form.name == name) return &form;
  }
  return nullptr;
}

std::string_view macro_use(std::string_view name) {
  if (name == "has") return "has(object.field)";
  if (name == "cel.bind") return "cel.bind(x, value, result)";
  for (const MacroForm& form : kForms) {
    if (form.name == name) return form.use;
  }
  return {};
}

std::span<const MacroForm> macro_forms() {
  return kForms;
}

std::string_view macro_name(const Node& node) {
  if (node.camel_case) return "existsOne";
  for (const MacroForm& form : kForms) {
    if (form.macro == node.macro) return form.name;
  }
  return {};
}

}  // namespace rapport::expr
