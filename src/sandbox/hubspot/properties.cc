// Properties: what the records of a type can hold.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "sandbox/hubspot/batch.h"
#include "sandbox/hubspot/definitions.h"
#include "sandbox/hubspot/values.h"

namespace rapport::sandbox::hubspot {
namespace {

Json show_property(const Property& property) {
  Json options = Json::array();
  int order = 0;
  for (const Choice& choice : property.choices)
    options.push_back(Json::object()
                          .set("label", choice.label)
                          .set("value", choice.value)
                          .set("displayOrder", order++)
                          .set("hidden", false));
  Json json = Json::object();
  json.set("name", property.name).set("label", property.label).set("type", property.type);
  json.set("fieldType", property.field_type).set("description", property.description);
  json.set("groupName", property.group).set("options", std::move(options));
  if (!property.of_vendor)
    json.set("createdAt", time_text(property.created_at))
        .set("updatedAt", time_text(property.created_at));
  json.set("displayOrder", -1).set("calculated", false);
  json.set("externalOptions", !property.has_own_values);
  json.set("hasUniqueValue", property.unique).set("hidden", false);
  json.set("hubspotDefined", property.of_vendor).set("archived", false);
  json.set("modificationMetadata", Json::object()
                                       .set("archivable", !property.of_vendor)
                                       .set("readOnlyDefinition", property.of_vendor)
                                       .set("readOnlyValue", property.read_only));
  json.set("formField", !property.read_only);
  return json;
}

constexpr std::array<std::string_view, 7> kTypes = {
    "bool", "date", "datetime", "enumeration", "number", "phone_number", "string"};
constexpr std::array<std::string_view, 12> kFieldTypes = {
    "booleancheckbox", "calculation_equation", "checkbox", "date",   "file", "html",
    "number",          "phonenumber",          "radio",    "select", "text", "textarea"};

bool is_name(std::string_view name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

template <class List>
bool holds(const List& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::optional<Refusal> check_property(const ObjectType& type, const Json& body) {
  std::vector<std::string> missing;
  for (const char* field : {"name", "label", "type", "fieldType", "groupName"})
    if (body.text(field).empty()) missing.emplace_back(field);
  if (!missing.empty())
    return bad_input(fmt::format(
        "Invalid input JSON on line 1, column 2. Some required fields were not set: [{}]",
        fmt::join(missing, ", ")));
  const std::string_view name = body.text("name");
  if (!is_name(name))
    return bad_input(
        fmt::format("'{}' is not a property name: a lower-case letter, then lower-case "
                    "letters, digits and underscores",
                    name));
  if (!holds(kTypes, body.text("type")))
    return bad_input(fmt::format("'{}' is not a property type", body.text("type")));
  if (!holds(kFieldTypes, body.text("fieldType")))
    return bad_input(fmt::format("'{}' is not a field type", body.text("fieldType")));
  const std::string_view group = body.text("groupName");
  if (std::none_of(type.groups.begin(), type.groups.end(),
                   [&](const Group& known) { return known.name == group; }))
    return bad_input(fmt::format("Property group '{}' does not exist", group));
  if (type.property(name))
    return Refusal{.status = 409,
                   .message = fmt::format("A property named '{}' already exists.", name),
                   .category = "OBJECT_ALREADY_EXISTS",
                   .sub_category = "Properties.PROPERTY_EXISTS",
                   .context = context_of("name", {std::string(name)})};
  return std::nullopt;
}

Refusal no_such_property(const ObjectType& type, std::string_view name) {
  return {
      .status = 404,
      .message = fmt::format("Property '{}' does not exist for object type '{}'.", name, type.id),
      .category = std::string(kNotFound),
      .sub_category = "PROPERTY_DOESNT_EXIST",
      .context = context_of("name", {std::string(name)})};
}

Either<Json> define_property(Portal& portal, const ObjectType& type, const Json& body) {
  if (auto refusal = check_property(type, body)) return *std::move(refusal);
  Property property{.name = std::string(body.text("name")),
                    .label = std::string(body.text("label")),
                    .type = std::string(body.text("type")),
                    .field_type = std::string(body.text("fieldType")),
                    .group = std::string(body.text("groupName")),
                    .description = std::string(body.text("description")),
                    .unique = body.flag("hasUniqueValue"),
                    .of_vendor = false,
                    .created_at = portal.now};
  if (const Json* options = body.find("options"); options && options->is_array())
    for (const Json& option : options->as_array())
      property.choices.push_back(
          {std::string(option.text("value")), std::string(option.text("label"))});
  if (property.type == "enumeration" && property.choices.empty())
    return bad_input("a property of type enumeration needs options");
  const std::string name = property.name;
  auto& stored = portal.schema.type(type.name)->properties[name] = std::move(property);
  portal.effects.add({.action = "define", .object = "properties", .id = type.name + "/" + name});
  return show_property(stored);
}

}  // namespace

Either<HttpResponse> list_properties(Portal&, const ObjectType& type) {
  Json results = Json::array();
  for (const auto& [name, property] : type.properties) results.push_back(show_property(property));
  return json_response(200, Json::object().set("results", std::move(results)));
}

Either<HttpResponse> get_property(Portal&, const ObjectType& type, const std::string& name) {
  const Property* property = type.property(name);
  if (!property) return no_such_property(type, name);
  return json_response(200, show_property(*property));
}

Either<HttpResponse> create_property(Portal& portal, const ObjectType& type, const Call& call) {
  const auto made = define_property(portal, type, call.body);
  if (const Refusal* refusal = refusal_of(made)) return *refusal;
  return json_response(201, std::get<0>(made));
}

Either<HttpResponse> batch_create_properties(Portal& portal, const ObjectType& type,
                                             const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  Json results = Json::array();
  Json errors = Json::array();
  for (const Json& input : *std::get<0>(inputs)) {
    auto made = define_property(portal, type, input);
    if (const Refusal* refusal = refusal_of(made))
      errors.push_back(error_entry(*refusal));
    else
      results.push_back(std::get<0>(std::move(made)));
  }
  return batch_response(portal, 201, std::move(results), std::move(errors));
}

Either<HttpResponse> batch_read_properties(Portal& portal, const ObjectType& type,
                                           const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  Json results = Json::array();
  Json errors = Json::array();
  for (const Json& input : *std::get<0>(inputs)) {
    const Property* property = type.property(input.text("name"));
    if (property)
      results.push_back(show_property(*property));
    else
      errors.push_back(error_entry(no_such_property(type, input.text("name"))));
  }
  return batch_response(portal, 200, std::move(results), std::move(errors));
}

Either<HttpResponse> batch_archive_properties(Portal& portal, const ObjectType& type,
                                              const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  for (const Json& input : *std::get<0>(inputs)) {
    const std::string name(input.text("name"));
    const Property* property = type.property(name);
    if (!property) continue;
    if (property->of_vendor)
      return bad_input(fmt::format("Property '{}' is defined by the vendor and stays.", name));
    portal.records.forget(type, name);
    portal.schema.type(type.name)->properties.erase(name);
    portal.effects.add({.action = "archive", .object = "properties", .id = type.name + "/" + name});
  }
  return HttpResponse{204, {}, {}};
}

}  // namespace rapport::sandbox::hubspot
