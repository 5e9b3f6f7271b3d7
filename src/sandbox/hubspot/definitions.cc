#include "sandbox/hubspot/definitions.h"

#include <fmt/format.h>

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
  Json teams = Json::array();
  for (const Team& team : owner.teams)
    teams.push_back(Json::object().set("id", team.id).set("name", team.name).set("primary", true));
  json.set("teams", std::move(teams));
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

Json show_group(const Group& group) {
  return Json::object()
      .set("name", group.name)
      .set("label", group.label)
      .set("displayOrder", -1)
      .set("archived", false);
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
