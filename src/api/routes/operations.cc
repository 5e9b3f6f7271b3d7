#include "api/openapi.h"
#include "api/problem.h"
#include "api/routes/routes.h"

namespace rapport::api {

using access::Scope;

namespace {

Result<HttpResponse> live(Call&) {
  return HttpResponse{200, {{"Content-Type", "text/plain"}}, "ok\n"};
}

Result<HttpResponse> ready(Call& call) {
  const auto reasons = call.context.operations.not_ready();
  if (reasons.empty()) {
    const auto& remarks = call.context.operations.remarks;
    const std::string more = remarks ? remarks() : std::string();
    return HttpResponse{
        200, {{"Content-Type", "text/plain"}}, more.empty() ? "ready\n" : "ready\n" + more + "\n"};
  }
  std::string all;
  for (const auto& reason : reasons) all += (all.empty() ? "" : "; ") + reason;
  return Error{Code::kUnavailable, all, Retryable::kYes};
}

// Figures of the whole server: for its own machine, or with an admin key.
Result<HttpResponse> metrics(Call& call) {
  if (!from_this_machine(call.request))
    TRY(call.context.gate.authenticate(credentials_of(call.request), Scope::kAdmin));
  return HttpResponse{
      200, {{"Content-Type", "text/plain; version=0.0.4"}}, call.context.metrics.prometheus()};
}

Result<HttpResponse> openapi(Call&) {
  return HttpResponse{200, {{"Content-Type", "application/json"}}, std::string(openapi_document())};
}

Result<HttpResponse> state(Call& call) {
  TRY_ASSIGN(const Json digest, call.context.operations.digest(call.tenant->workspace()));
  return json_answer(digest);
}

Result<HttpResponse> take_base(Call& call) {
  TRY_ASSIGN(const Json base, call.context.operations.take_base(call.tenant->workspace()));
  return json_answer(base, 201);
}

Result<HttpResponse> backup(Call& call) {
  const auto destination = call.body.text("destination");
  if (destination.empty() || destination.front() != '/')
    return invalid("destination must be an absolute path on the server", "destination");
  TRY_ASSIGN(const Json report, call.context.operations.backup(std::string(destination)));
  return json_answer(report, 201);
}

Result<HttpResponse> verify(Call& call) {
  TRY_ASSIGN(const Json report, call.context.operations.verify());
  return json_answer(report);
}

}  // namespace

std::vector<Route> operation_routes() {
  return {
      {"GET", "/livez", "live", Where::kOpen, Scope::kRead, live},
      {"GET", "/readyz", "ready", Where::kOpen, Scope::kRead, ready},
      {"GET", "/metrics", "metrics", Where::kOpen, Scope::kAdmin, metrics},
      {"GET", "/openapi.json", "openApi", Where::kOpen, Scope::kRead, openapi},
      {"GET", "/api/v1/state", "getState", Where::kWorkspace, Scope::kRead, state},
      {"POST", "/api/v1/bases", "takeBase", Where::kWorkspace, Scope::kWrite, take_base},
      {"POST", "/api/v1/backups", "backUp", Where::kServer, Scope::kAdmin, backup},
      {"POST", "/api/v1/verify", "verify", Where::kServer, Scope::kAdmin, verify},
  };
}

std::vector<Route> all_routes() {
  std::vector<Route> all;
  for (auto part : {record_routes, event_routes, merge_routes, connection_routes, edit_routes,
                    pack_routes, pack_trial_routes, setting_routes, people_routes, object_routes,
                    change_routes, workspace_routes, home_routes, live_routes, operation_routes})
    for (Route& route : part()) all.push_back(std::move(route));
  return all;
}

}  // namespace rapport::api
