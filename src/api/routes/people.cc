// Users and teams: whom work is given to.
#include <fmt/format.h>

#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/declared.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"
#include "base/text.h"
#include "decide/given_values.h"

namespace rapport::api {

using access::Scope;

namespace {

constexpr size_t kMostId = 256;
constexpr std::string_view kPresences[] = {"available", "away", "offline"};

Result<std::string> id_of(Call& call) {
  const std::string& id = call.path.at("id");
  const bool fine =
      id.size() <= kMostId && trim(id) == id &&
      std::none_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) < 32; });
  if (!fine)
    return invalid(fmt::format("an id has at most {} bytes, without control characters or space "
                               "at its ends",
                               kMostId),
                   "id");
  return id;
}

Json shown(const model::Record& record) {
  Json row = present(record, Micros{0});
  row.erase("keys");
  return row;
}

template <const std::string_view& type>
Result<HttpResponse> list(Call& call) {
  store::PageRequest request;
  request.type = std::string(type);
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  request.limit = static_cast<int>(limit);
  request.after = std::string(call.query_or("cursor", ""));
  if (type == model::kUser) {
    for (const auto& [parameter, field] :
         {std::pair("team", "teams"), std::pair("role", "roles"), std::pair("email", "keys")}) {
      const auto value = call.query_or(parameter, "");
      if (value.empty()) continue;
      if (!request.field.empty())
        return invalid("use one filter only: team, role or email", parameter);
      request.field = field;
      request.value = std::string(value);
    }
  }
  TRY_ASSIGN(const auto page, call.tenant->state().list(request));
  std::vector<Json> rows;
  for (const auto& record : page.records) rows.push_back(shown(record));
  return json_answer(present_page(std::move(rows), page.next));
}

template <const std::string_view& type>
Result<HttpResponse> get(Call& call) {
  TRY_ASSIGN(const auto record, call.tenant->record(type, call.path.at("id")));
  return json_answer(shown(record));
}

// The whole of it: what is not in the body is gone, but for the presence.
template <const std::string_view& type, const std::string_view& event>
Result<HttpResponse> put(Call& call) {
  TRY_ASSIGN(const std::string id, id_of(call));
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const decide::Object* object, words.object(type));
  if (!call.body.is_object()) return invalid("the body must be a JSON object");
  if (call.body.find("presence"))
    return invalid("presence is set with PUT /api/v1/users/{id}/presence", "presence");
  if (!call.body.as_object().empty()) TRY(decide::check_given(*object, call.body));
  Json properties = call.body;
  properties.set("id", id);
  if (const auto known = call.tenant->record(type, id); known.ok())
    for (const auto& [name, value] : known->fields.as_object()) {
      const std::string_view field(name);
      if (!properties.find(field) && field != "keys" && !field.starts_with("presence"))
        properties.set(field, nullptr);
    }
  TRY(append_named(call, event, std::move(properties)));
  TRY_ASSIGN(const auto made, call.tenant->record(type, id));
  return json_answer(shown(made));
}

Result<HttpResponse> remove_user(Call& call) {
  TRY_ASSIGN(const auto known, call.tenant->record(model::kUser, call.path.at("id")));
  TRY(append_named(call, model::kUserRemoved, Json::object().set("id", known.key.id)));
  return HttpResponse{204, {}, ""};
}

Result<HttpResponse> set_presence(Call& call) {
  TRY_ASSIGN(const std::string presence, text_of(call, "presence"));
  if (std::find(std::begin(kPresences), std::end(kPresences), presence) == std::end(kPresences))
    return invalid(fmt::format("presence must be one of {}", fmt::join(kPresences, ", ")),
                   "presence");
  TRY_ASSIGN(const auto known, call.tenant->record(model::kUser, call.path.at("id")));
  if (known.fields.text("presence") != presence)
    TRY(append_named(call, model::kPresenceChanged,
                     Json::object().set("user", known.key.id).set("presence", presence)));
  TRY_ASSIGN(const auto now, call.tenant->record(model::kUser, known.key.id));
  return json_answer(shown(now));
}

}  // namespace

std::vector<Route> people_routes() {
  const auto route = [](const char* method, const char* path, const char* operation, Scope scope,
                        Handler handler) {
    return Route{method,    std::string("/api/v1/") + path,
                 operation, Where::kWorkspace,
                 scope,     std::move(handler)};
  };
  return {
      route("GET", "users", "listUsers", Scope::kRead, list<model::kUser>),
      route("GET", "users/{id}", "getUser", Scope::kRead, get<model::kUser>),
      route("PUT", "users/{id}", "configureUser", Scope::kWrite,
            put<model::kUser, model::kUserConfigured>),
      route("DELETE", "users/{id}", "removeUser", Scope::kWrite, remove_user),
      route("PUT", "users/{id}/presence", "setPresence", Scope::kWrite, set_presence),
      route("GET", "teams", "listTeams", Scope::kRead, list<model::kTeam>),
      route("GET", "teams/{id}", "getTeam", Scope::kRead, get<model::kTeam>),
      route("PUT", "teams/{id}", "configureTeam", Scope::kWrite,
            put<model::kTeam, model::kTeamConfigured>),
  };
}

}  // namespace rapport::api
