#include "sandbox/hubspot/definitions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "sandbox/hubspot/objects.h"
#include "sandbox/hubspot/show.h"
#include "sandbox/hubspot/values.h"

namespace rapport::sandbox::hubspot {
namespace {

// Definitions of the portal were there before the first call.
constexpr std::string_view kFoundedAt = "2024-01-15T09:00:00Z";

Json show_owner(const Owner& owner) {
  Json json = Json::object();
  json.set("id", owner.id).set("email", owner.email).set("type", "PERSON");
  json.set("firstName", owner.first_name).set("lastName", owner.last_name);
  json.set("userId", owner.user_id).set("userIdIncludingInactive", owner.user_id);
  json.set("createdAt", kFoundedAt).set("updatedAt", kFoundedAt).set("archived", false);
  return json;
}

Json show_stages(const Pipeline& pipeline) {
  Json stages = Json::array();
  int order = 0;
  for (const Stage& stage : pipeline.stages) {
    Json json = Json::object();
    json.set("id", stage.id).set("label", stage.label).set("displayOrder", order++);
    json.set("metadata", stage.metadata).set("writePermissions", "CRM_PERMISSIONS_ENFORCEMENT");
    json.set("createdAt", kFoundedAt).set("updatedAt", kFoundedAt).set("archived", false);
    stages.push_back(std::move(json));
  }
  return stages;
}

Json show_pipeline(const Pipeline& pipeline, int order) {
  Json json = Json::object();
  json.set("id", pipeline.id).set("label", pipeline.label).set("displayOrder", order);
  json.set("stages", show_stages(pipeline));
  json.set("createdAt", kFoundedAt).set("updatedAt", kFoundedAt).set("archived", false);
  return json;
}

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

Json show_group(const Group& group) {
  return Json::object()
      .set("name", group.name)
      .set("label", group.label)
      .set("displayOrder", -1)
      .set("archived", false);
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

}  // namespace

HttpResponse account_details() {
  Json body = Json::object();
  body.set("portalId", kPortalId).set("accountType", "STANDARD").set("timeZone", "Europe/Berlin");
  body.set("companyCurrency", "EUR").set("additionalCurrencies", Json::array());
  body.set("utcOffset", "+01:00").set("utcOffsetMilliseconds", 3'600'000);
  body.set("uiDomain", "app.hubspot.com").set("dataHostingLocation", "na1");
  return json_response(200, body);
}

Either<HttpResponse> list_owners(Portal& portal, const Call& call) {
  const auto limit = read_limit(call, 100, 500);
  if (const Refusal* refusal = refusal_of(limit)) return *refusal;
  const std::string after = call.parameter("after").value_or("0");
  const auto email = call.parameter("email");
  Json results = Json::array();
  Json paging;
  if (call.parameter("archived") != "true") {
    for (const Owner& owner : portal.schema.owners()) {
      if (email && *email != owner.email) continue;
      if (read_id(owner.id) < read_id(after)) continue;
      if (results.as_array().size() == std::get<0>(limit)) {
        paging = next_page(owner.id);
        break;
      }
      results.push_back(show_owner(owner));
    }
  }
  Json body = Json::object();
  body.set("results", std::move(results));
  if (!paging.is_null()) body.set("paging", std::move(paging));
  return json_response(200, body);
}

Either<HttpResponse> get_owner(Portal& portal, const std::string& id) {
  const Owner* owner = portal.schema.owner(id);
  if (!owner) return no_such_record();
  return json_response(200, show_owner(*owner));
}

Either<HttpResponse> list_pipelines(Portal&, const ObjectType& type) {
  Json results = Json::array();
  int order = 0;
  for (const Pipeline& pipeline : type.pipelines)
    results.push_back(show_pipeline(pipeline, order++));
  return json_response(200, Json::object().set("results", std::move(results)));
}

Either<HttpResponse> get_pipeline(Portal&, const ObjectType& type, const std::string& id) {
  const Pipeline* pipeline = type.pipeline(id);
  if (!pipeline) return no_such_record();
  return json_response(200, show_pipeline(*pipeline, 0));
}

Either<HttpResponse> list_stages(Portal&, const ObjectType& type, const std::string& id) {
  const Pipeline* pipeline = type.pipeline(id);
  if (!pipeline) return no_such_record();
  return json_response(200, Json::object().set("results", show_stages(*pipeline)));
}

Either<HttpResponse> list_properties(Portal&, const ObjectType& type) {
  Json results = Json::array();
  for (const auto& [name, property] : type.properties) results.push_back(show_property(property));
  return json_response(200, Json::object().set("results", std::move(results)));
}

Either<HttpResponse> get_property(Portal&, const ObjectType& type, const std::string& name) {
  const Property* property = type.property(name);
  if (!property)
    return Refusal{
        .status = 404,
        .message = fmt::format("Property '{}' does not exist for object type '{}'.", name, type.id),
        .category = std::string(kNotFound),
        .sub_category = "PROPERTY_DOESNT_EXIST"};
  return json_response(200, show_property(*property));
}

Either<HttpResponse> create_property(Portal& portal, const ObjectType& type, const Call& call) {
  const Json& body = call.body;
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
  return json_response(201, show_property(stored));
}

Either<HttpResponse> list_groups(Portal&, const ObjectType& type) {
  Json results = Json::array();
  for (const Group& group : type.groups) results.push_back(show_group(group));
  return json_response(200, Json::object().set("results", std::move(results)));
}

Either<HttpResponse> create_group(Portal& portal, const ObjectType& type, const Call& call) {
  const Group group{std::string(call.body.text("name")), std::string(call.body.text("label"))};
  if (group.name.empty() || group.label.empty())
    return bad_input(
        "Invalid input JSON on line 1, column 2. Some required fields were not set: [name, label]");
  for (const Group& known : type.groups)
    if (known.name == group.name)
      return Refusal{
          .status = 409,
          .message = fmt::format("A property group named '{}' already exists.", group.name),
          .category = "OBJECT_ALREADY_EXISTS"};
  portal.schema.type(type.name)->groups.push_back(group);
  portal.effects.add({.action = "define", .object = "groups", .id = type.name + "/" + group.name});
  return json_response(201, show_group(group));
}

}  // namespace rapport::sandbox::hubspot
