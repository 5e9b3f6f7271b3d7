#include "sandbox/hubspot/refusal.h"

#include <fmt/format.h>

namespace rapport::sandbox::hubspot {

Refusal bad_input(std::string message) {
  return {.message = std::move(message)};
}

Refusal no_such_record() {
  return {.status = 404, .message = "resource not found", .category = ""};
}

Refusal no_such_record(std::string_view odd_id) {
  return {.status = 404,
          .message = "Object not found.  objectId are usually numeric.",
          .category = std::string(kNotFound),
          .context = context_of("id", {std::string(odd_id)})};
}

Refusal bad_values(const std::vector<Fault>& faults, int64_t portal) {
  Json listed = Json::array();
  Json errors = Json::array();
  for (const Fault& fault : faults) {
    Json entry = Json::object();
    entry.set("isValid", false).set("message", fault.message).set("error", fault.code);
    entry.set("name", fault.property).set("localizedErrorMessage", fault.message);
    if (!fault.value.empty()) entry.set("propertyValue", fault.value);
    entry.set("portalId", portal);
    listed.push_back(std::move(entry));
    errors.push_back(Json::object()
                         .set("message", fault.message)
                         .set("code", fault.code)
                         .set("context", context_of("propertyName", {fault.property})));
  }
  Refusal refusal = bad_input("Property values were not valid: " + to_text(listed));
  refusal.errors = std::move(errors);
  return refusal;
}

Refusal missing_properties(std::string_view type, const std::vector<std::string>& names) {
  Refusal refusal =
      bad_input(fmt::format("Error creating {}. Some required properties were not set.", type));
  refusal.context = context_of("properties", names);
  return refusal;
}

Refusal missing_scopes(const std::vector<std::string>& scopes) {
  Json entry = Json::object();
  entry.set("message", "One or more of the following scopes are required.")
      .set("context", context_of("requiredGranularScopes", scopes));
  return {.status = 403,
          .message =
              "This app hasn't been granted all required scopes to make this call. Read more "
              "about required scopes here: https://developers.hubspot.com/scopes.",
          .category = "MISSING_SCOPES",
          .errors = Json(Json::Array{std::move(entry)}),
          .links = Json::object().set("scopes", "https://developers.hubspot.com/scopes")};
}

Json context_of(std::string_view name, const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) list.push_back(value);
  Json context = Json::object();
  context.set(name, std::move(list));
  return context;
}

Json error_body(const Refusal& refusal, std::string_view correlation_id) {
  Json body = Json::object();
  body.set("status", "error").set("message", refusal.message);
  body.set("correlationId", correlation_id);
  if (!refusal.errors.is_null()) body.set("errors", refusal.errors);
  if (!refusal.context.is_null()) body.set("context", refusal.context);
  if (!refusal.links.is_null()) body.set("links", refusal.links);
  if (!refusal.category.empty()) body.set("category", refusal.category);
  if (!refusal.sub_category.empty()) body.set("subCategory", refusal.sub_category);
  return body;
}

Json error_entry(const Refusal& refusal) {
  Json entry = Json::object();
  entry.set("status", "error").set("category", refusal.category);
  if (!refusal.sub_category.empty()) entry.set("subCategory", refusal.sub_category);
  entry.set("message", refusal.message);
  entry.set("context", refusal.context.is_null() ? Json::object() : refusal.context);
  if (!refusal.errors.is_null()) entry.set("errors", refusal.errors);
  return entry;
}

HttpResponse json_response(int status, const Json& body) {
  return {status, {{"Content-Type", "application/json;charset=utf-8"}}, to_text(body)};
}

}  // namespace rapport::sandbox::hubspot
