#include "main/commands/administration.h"

#include "base/text.h"
#include "main/api_client.h"
#include "main/offline.h"

namespace rapport {

namespace {

using access::Scope;

class OnServer final : public Administration {
 public:
  OnServer(std::string url, std::string key) : api_(std::move(url), std::move(key)) {}
  Result<Json> workspaces() override { return api_.call("GET", "/api/v1/workspaces"); }
  Result<Json> create_workspace(const std::string& name) override {
    return api_.call("POST", "/api/v1/workspaces", Json::object().set("name", name));
  }
  Result<void> delete_workspace(const std::string& name) override {
    return without_answer("/api/v1/workspaces/" + percent_encode(name));
  }
  Result<Json> keys(const std::string& workspace) override {
    return api_.call("GET", workspace.empty()
                                ? "/api/v1/keys"
                                : "/api/v1/keys?workspace=" + percent_encode(workspace));
  }
  Result<Json> create_key(const Json& wish) override {
    return api_.call("POST", "/api/v1/keys", wish);
  }
  Result<void> revoke_key(const std::string& id) override {
    return without_answer("/api/v1/keys/" + percent_encode(id));
  }

 private:
  Result<void> without_answer(const std::string& path) {
    TRY(api_.call("DELETE", path));
    return {};
  }
  ApiClient api_;
};

Json time_or_null(const std::optional<Micros>& time) {
  return time ? Json(format_time(*time)) : Json();
}

Json show(const access::Workspace& one) {
  return Json::object()
      .set("name", one.name)
      .set("id", one.id.value)
      .set("created_at", format_time(one.created_at));
}

Json show(const access::ApiKey& key) {
  Json scopes = Json::array();
  for (Scope scope : key.scopes) scopes.push_back(access::name(scope));
  return Json::object()
      .set("id", key.id)
      .set("label", key.label)
      .set("workspace", key.workspace.value == 0 ? Json() : Json(key.workspace.value))
      .set("scopes", std::move(scopes))
      .set("created_at", format_time(key.created_at))
      .set("expires_at", time_or_null(key.expires_at))
      .set("last_used_at", time_or_null(key.last_used_at))
      .set("revoked_at", time_or_null(key.revoked_at));
}

template <class Rows>
Json list_of(const Rows& rows) {
  Json all = Json::array();
  for (const auto& row : rows) all.push_back(show(row));
  return Json::object().set("data", std::move(all));
}

Result<std::set<Scope>> scopes_of(const Json& wish) {
  std::set<Scope> scopes;
  for (const Json& word : wish.find("scopes")->as_array()) {
    const auto scope = access::scope_named(word.as_string());
    if (!scope)
      return invalid("unknown scope '" + std::string(word.as_string()) +
                         "'; there are ingest, read, write, erase, admin",
                     "scopes");
    scopes.insert(*scope);
  }
  return scopes;
}

class OnFolder final : public Administration {
 public:
  explicit OnFolder(std::unique_ptr<Offline> folder) : folder_(std::move(folder)) {}
  Result<Json> workspaces() override {
    TRY_ASSIGN(const auto all, folder_->control().workspaces());
    return list_of(all);
  }
  Result<Json> create_workspace(const std::string& name) override {
    TRY_ASSIGN(const auto made, folder_->create_workspace(name));
    return show(made);
  }
  Result<void> delete_workspace(const std::string& name) override {
    return folder_->delete_workspace(name);
  }
  Result<Json> keys(const std::string& workspace) override {
    TRY_ASSIGN(const auto id, id_of(workspace));
    TRY_ASSIGN(const auto all, folder_->control().keys(id));
    return list_of(all);
  }
  Result<Json> create_key(const Json& wish) override {
    TRY_ASSIGN(auto scopes, scopes_of(wish));
    TRY_ASSIGN(const auto id, id_of(std::string(wish.text("workspace"))));
    std::optional<Micros> expires;
    if (const auto text = wish.text("expires_at"); !text.empty()) {
      TRY_ASSIGN(expires, parse_time(text));
    }
    TRY_ASSIGN(const auto made,
               folder_->control().create_key(id.value_or(WorkspaceId{0}), wish.text("label"),
                                             std::move(scopes), expires));
    return show(made.key).set("secret", made.secret);
  }
  Result<void> revoke_key(const std::string& id) override {
    return folder_->control().revoke_key(id);
  }

 private:
  Result<std::optional<WorkspaceId>> id_of(const std::string& name) {
    if (name.empty()) return std::optional<WorkspaceId>();
    TRY_ASSIGN(const auto all, folder_->workspaces(name));
    return std::optional(all.front().id);
  }
  std::unique_ptr<Offline> folder_;
};

}  // namespace

Result<std::unique_ptr<Administration>> Administration::open(const Shell& shell) {
  if (shell.asks_server())
    return std::unique_ptr<Administration>(
        std::make_unique<OnServer>(shell.server_url(), shell.server_key()));
  TRY_ASSIGN(const auto settings, shell.settings());
  TRY_ASSIGN(auto folder, Offline::open(settings, shell.environment));
  return std::unique_ptr<Administration>(std::make_unique<OnFolder>(std::move(folder)));
}

}  // namespace rapport
