#include "api/problem.h"
#include "api/routes/routes.h"

namespace rapport::api {

using access::Scope;

namespace {

Json present(const access::Workspace& workspace) {
  return Json::object()
      .set("name", workspace.name)
      .set("id", workspace.id.value)
      .set("created_at", format_time(workspace.created_at));
}

Json time_or_null(const std::optional<Micros>& time) {
  return time ? Json(format_time(*time)) : Json();
}

Json present(const access::ApiKey& key) {
  Json::Array scopes;
  for (Scope scope : key.scopes) scopes.push_back(Json(access::name(scope)));
  return Json::object()
      .set("id", key.id)
      .set("label", key.label)
      .set("workspace", key.workspace.value == 0 ? Json() : Json(key.workspace.value))
      .set("scopes", Json(std::move(scopes)))
      .set("created_at", format_time(key.created_at))
      .set("expires_at", time_or_null(key.expires_at))
      .set("last_used_at", time_or_null(key.last_used_at))
      .set("revoked_at", time_or_null(key.revoked_at));
}

Json present(const access::NewKey& made) {
  return present(made.key).set("secret", made.secret);
}

Result<HttpResponse> list_workspaces(Call& call) {
  TRY_ASSIGN(const auto all, call.context.control.workspaces());
  Json::Array rows;
  for (const auto& workspace : all) rows.push_back(present(workspace));
  return json_answer(Json::object().set("data", Json(std::move(rows))));
}

Result<HttpResponse> create_workspace(Call& call) {
  TRY_ASSIGN(const auto made, call.context.operations.create_workspace(call.body.text("name")));
  return json_answer(present(made), 201);
}

Result<HttpResponse> delete_workspace(Call& call) {
  TRY_ASSIGN(const auto known, call.context.control.workspace(call.path.at("name")));
  TRY(call.context.operations.delete_workspace(known.id));
  return HttpResponse{204, {}, ""};
}

Result<std::set<Scope>> scopes_of(const Json& body) {
  const Json* list = body.find("scopes");
  if (!list || !list->is_array() || list->as_array().empty())
    return invalid("scopes must be a list with at least one of ingest, read, write, erase, admin",
                   "scopes");
  std::set<Scope> scopes;
  for (const Json& name : list->as_array()) {
    const auto scope = name.is_string() ? access::scope_named(name.as_string()) : std::nullopt;
    if (!scope)
      return invalid("unknown scope; there are ingest, read, write, erase, admin", "scopes");
    scopes.insert(*scope);
  }
  return scopes;
}

Result<HttpResponse> create_key(Call& call) {
  TRY_ASSIGN(auto scopes, scopes_of(call.body));
  WorkspaceId workspace{0};
  if (const auto name = call.body.text("workspace"); !name.empty()) {
    TRY_ASSIGN(const auto known, call.context.control.workspace(name));
    workspace = known.id;
  }
  std::optional<Micros> expires;
  if (const auto text = call.body.text("expires_at"); !text.empty()) {
    TRY_ASSIGN(expires, parse_time(text));
  }
  TRY_ASSIGN(const auto made, call.context.control.create_key(workspace, call.body.text("label"),
                                                              std::move(scopes), expires));
  return json_answer(present(made), 201);
}

Result<HttpResponse> list_keys(Call& call) {
  std::optional<WorkspaceId> workspace;
  if (const auto name = call.query_or("workspace", ""); !name.empty()) {
    TRY_ASSIGN(const auto known, call.context.control.workspace(name));
    workspace = known.id;
  }
  TRY_ASSIGN(const auto all, call.context.control.keys(workspace));
  Json::Array rows;
  for (const auto& key : all) rows.push_back(present(key));
  return json_answer(Json::object().set("data", Json(std::move(rows))));
}

Result<HttpResponse> revoke_key(Call& call) {
  TRY(call.context.control.revoke_key(call.path.at("id")));
  return HttpResponse{204, {}, ""};
}

Result<HttpResponse> set_up(Call& call) {
  TRY_ASSIGN(const auto made, call.context.control.redeem_setup_token(call.body.text("token")));
  return json_answer(present(made), 201);
}

}  // namespace

std::vector<Route> workspace_routes() {
  const auto admin = [](std::string method, std::string path, std::string operation,
                        Handler handler) {
    return Route{std::move(method), "/api/v1" + path, std::move(operation),
                 Where::kServer,    Scope::kAdmin,    std::move(handler)};
  };
  return {
      {"POST", "/api/v1/setup", "setUp", Where::kOpen, Scope::kAdmin, set_up},
      admin("GET", "/workspaces", "listWorkspaces", list_workspaces),
      admin("POST", "/workspaces", "createWorkspace", create_workspace),
      admin("DELETE", "/workspaces/{name}", "deleteWorkspace", delete_workspace),
      admin("GET", "/keys", "listKeys", list_keys),
      admin("POST", "/keys", "createKey", create_key),
      admin("DELETE", "/keys/{id}", "revokeKey", revoke_key),
  };
}

}  // namespace rapport::api
