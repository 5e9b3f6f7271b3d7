#include "connect/edits.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/yaml_fields.h"

namespace rapport::connect {
namespace {

constexpr size_t kMostBytes = 64 * 1024;  // of one value

const model::FieldMapping* field_of(const ObjectSpec& object, std::string_view property) {
  for (const model::FieldMapping& field : object.mapping.fields)
    if (field.to == property) return &field;
  return nullptr;
}

// Names between braces, "{contact.name} at {account.name}".
std::vector<std::string_view> placeholders(std::string_view pattern) {
  std::vector<std::string_view> names;
  for (size_t at = pattern.find('{'); at != pattern.npos; at = pattern.find('{', at + 1)) {
    const size_t end = pattern.find('}', at);
    if (end == pattern.npos) break;
    names.push_back(pattern.substr(at + 1, end - at - 1));
  }
  return names;
}

std::string_view form_of(model::FieldType type) {
  switch (type) {
    case model::FieldType::kNumber:
      return "a number, such as 12.5";
    case model::FieldType::kTime:
    case model::FieldType::kEpochMillis:
      return "a time, such as 2026-03-02T09:00:00Z";
    case model::FieldType::kDate:
      return "a date, such as 2026-03-02";
    default:
      return "a text";
  }
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// As the mapping would send it: the constant of a mapping that is of this type.
Result<std::string> in_form(const model::FieldMapping& field, const Mapper& mapper,
                            const Json& value) {
  if (!value.is_string() && !value.is_number() && !value.is_bool())
    return invalid(fmt::format("'{}' must be {}, or null to take the edit back", field.to,
                               form_of(field.type)),
                   field.to);
  const std::string text = value.is_string() ? std::string(value.as_string()) : to_text(value);
  if (text.size() > kMostBytes)
    return invalid(fmt::format("the value of '{}' has more than {} bytes", field.to, kMostBytes),
                   field.to);
  if (field.max_length > 0 && characters(text) > field.max_length)
    return invalid(fmt::format("the value of '{}' has {} characters; the mapping permits {}",
                               field.to, characters(text), field.max_length),
                   field.to);
  if (text.empty()) return text;
  model::FieldMapping constant;
  constant.to = field.to;
  constant.constant = text;
  constant.type = field.type;
  const Json mapped =
      mapper.map_fields({.object = {}, .record = {}, .fields = {constant}}, Json::object())
          .properties;
  if (mapped.text(field.to).empty())
    return invalid(fmt::format("'{}' must be {}", field.to, form_of(field.type)), field.to);
  return std::string(mapped.text(field.to));
}

Error not_mapped(const ObjectSpec& object, std::string_view property) {
  if (object.transcript && object.transcript->to == property)
    return invalid(fmt::format("'{}' holds the messages and cannot be edited; nothing of what was "
                               "said is changed here",
                               property),
                   std::string(property));
  std::vector<std::string> names;
  for (const model::FieldMapping& field : object.mapping.fields) names.push_back(field.to);
  return invalid(fmt::format("{} has no mapped property '{}'{}", object.name, property,
                             suggestion(property, names)),
                 std::string(property));
}

void replace_key(std::vector<std::string>& keys, std::string_view before, std::string_view now) {
  if (before.empty() || now.empty()) return;
  std::replace(keys.begin(), keys.end(), std::string(before), std::string(now));
}

void put_in_place(View& view, const std::string& property, const Edit& edit) {
  // What has no place there is left out, whatever its value.
  const auto left_out = [&](const model::Unresolved& one) {
    return one.property == property && one.directory.empty();
  };
  if (std::any_of(view.unresolved.begin(), view.unresolved.end(), left_out)) return;
  std::erase_if(view.unresolved, [&](const auto& one) { return one.property == property; });
  std::erase(view.chosen, property);
  replace_key(view.keys, view.properties.text(property), edit.value);
  if (edit.value.empty()) {
    view.properties.erase(property);
  } else {
    view.properties.set(property, edit.value);
  }
}

}  // namespace

model::RecordKey edits_key(std::string_view connection, const model::RecordKey& record) {
  return {std::string(model::kEdits), fmt::format("{}/{}/{}", connection, record.type, record.id)};
}

Edits read_edits(const model::Record& record) {
  Edits edits;
  const Json* objects = record.fields.find("objects");
  if (!objects || !objects->is_object()) return edits;
  for (const auto& [object, properties] : objects->as_object())
    for (const auto& [property, edit] : properties.as_object())
      edits[std::string(object.view())][std::string(property.view())] = {
          std::string(edit.text("value")), std::string(edit.text("of"))};
  return edits;
}

std::string source_hash(const Key& hash_key, std::string_view object,
                        const model::FieldMapping& field, const Json& source) {
  Json read = Json::array();
  const auto add = [&](std::string_view path) {
    const Json* found = source.at_path(path);
    read.push_back(found ? *found : Json());
  };
  for (const model::FieldSource& from : field.from) add(from.path);
  for (const std::string_view name : placeholders(field.pattern)) add(name);
  return value_hash(hash_key, object, field.to, to_text(read));
}

void apply_edits(const Edits& edits, const Json& source, const Key& hash_key, std::span<View> views,
                 std::vector<EndedEdit>& ended) {
  if (views.empty()) return;
  for (const auto& [object, properties] : edits) {
    for (const auto& [property, edit] : properties) {
      bool stands = false;
      for (View& view : views) {
        if (view.object->name != object) continue;
        const model::FieldMapping* field = field_of(*view.object, property);
        stands = field && source_hash(hash_key, object, *field, source) == edit.of;
        if (stands) put_in_place(view, property, edit);
      }
      if (!stands) ended.push_back({views.front().record, object, property});
    }
  }
}

Result<Json> check_edits(const ObjectSpec& object, const Mapper& mapper, const Json& source,
                         const Key& hash_key, const Json& values) {
  if (!values.is_object() || values.as_object().empty())
    return invalid("set must name at least one property with its value", "set");
  Json set = Json::object(), unset = Json::array();
  for (const auto& [name, value] : values.as_object()) {
    const std::string property(name.view());
    if (value.is_null()) {
      unset.push_back(property);
      continue;
    }
    const model::FieldMapping* field = field_of(object, property);
    if (!field) return not_mapped(object, property);
    TRY_ASSIGN(std::string text, in_form(*field, mapper, value));
    const auto& required = object.required;
    if (text.empty() && std::find(required.begin(), required.end(), property) != required.end())
      return invalid(fmt::format("{} needs '{}': it cannot be left out", object.name, property),
                     property);
    set.set(property, Json::object()
                          .set("value", std::move(text))
                          .set("of", source_hash(hash_key, object.name, *field, source)));
  }
  return Json::object().set("set", std::move(set)).set("unset", std::move(unset));
}

}  // namespace rapport::connect
