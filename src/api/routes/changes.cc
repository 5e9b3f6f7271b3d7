// What a person sets by hand: fields, stages, approvals.
#include <fmt/format.h>

#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/declared.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"
#include "base/text.h"
#include "decide/given_values.h"
#include "decide/scene.h"

namespace rapport::api {

using access::Scope;

namespace {

Result<HttpResponse> changed(Call& call, const model::RecordKey& key, Sequence sequence) {
  TRY_ASSIGN(const auto now, call.tenant->record(key.type, key.id));
  Json row = present(now, call.context.clock.now());
  return json_answer(Json::object().set("sequence", sequence.value).set("record", std::move(row)));
}

Result<HttpResponse> set_fields(Call& call) {
  const std::string& type = call.path.at("type");
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const decide::Object* object, words.object(type));
  if (type == model::kUser || type == model::kTeam)
    return invalid(fmt::format("a {0} is set with PUT /api/v1/{0}s/{{id}}", type), "type");
  TRY_ASSIGN(const auto record, find_record(call, words, type, call.path.at("id")));
  const Json* fields = call.body.is_object() ? call.body.find("fields") : nullptr;
  TRY(decide::check_given(*object, fields ? *fields : Json()));
  TRY_ASSIGN(const Sequence sequence, append_named(call, model::kRecordSet,
                                                   Json::object()
                                                       .set("type", record.key.type)
                                                       .set("id", record.key.id)
                                                       .set("fields", *fields),
                                                   subject_of(record)));
  return changed(call, record.key, sequence);
}

Result<HttpResponse> move(Call& call) {
  const std::string& type = call.path.at("type");
  TRY_ASSIGN(const std::string id, text_of(call, "lifecycle"));
  TRY_ASSIGN(const std::string to, text_of(call, "to"));
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const auto record, find_record(call, words, type, call.path.at("id")));
  const decide::CompiledLifecycle* lifecycle =
      words.definitions() ? words.definitions()->lifecycle(id) : nullptr;
  if (!lifecycle)
    return invalid(fmt::format("no active pack has a lifecycle '{}'", cut_utf8(id, 100)),
                   "lifecycle");
  if (lifecycle->spec->of != type)
    return invalid(
        fmt::format("'{}' is a lifecycle of {}, not of {}", id, lifecycle->spec->of, type),
        "lifecycle");
  if (!lifecycle->stage(to)) {
    std::string all;
    for (const auto& stage : lifecycle->spec->stages) all += (all.empty() ? "" : ", ") + stage.id;
    return invalid(fmt::format("'{}' has no stage '{}'; there are: {}", id, cut_utf8(to, 100), all),
                   "to");
  }
  TRY_ASSIGN(const Sequence sequence, append_named(call, model::kStageMoved,
                                                   Json::object()
                                                       .set("lifecycle", id)
                                                       .set("record", record.key.id)
                                                       .set("to", to)
                                                       .set("reason", call.body.text("reason")),
                                                   subject_of(record)));
  return changed(call, record.key, sequence);
}

// In the name of `user`, else of the key: one of them must have a role that may.
Result<HttpResponse> decide_approval(Call& call) {
  TRY_ASSIGN(const std::string id, text_of(call, "approval"));
  TRY_ASSIGN(const std::string about, text_of(call, "record"));
  TRY_ASSIGN(const std::string decision, text_of(call, "decision"));
  if (decision != "approved" && decision != "rejected")
    return invalid("decision must be approved or rejected", "decision");
  TRY_ASSIGN(const Words words, Words::of(call));
  const decide::CompiledApproval* approval =
      words.definitions() ? words.definitions()->approval(id) : nullptr;
  if (!approval)
    return invalid(fmt::format("no active pack has an approval '{}'", cut_utf8(id, 100)),
                   "approval");
  TRY_ASSIGN(const auto record, find_record(call, words, approval->spec->of, about));
  if (record.fields.text("approval_status") != "pending")
    return Error{Code::kConflict, "no approval of this record is waiting"};
  Json properties = Json::object()
                        .set("approval", id)
                        .set("record", record.key.id)
                        .set("decision", decision)
                        .set("reason", call.body.text("reason"));
  if (const auto user = call.body.text("user"); !user.empty()) properties.set("by", user);
  TRY_ASSIGN(const Sequence sequence, append_named(call, model::kApprovalDecided,
                                                   std::move(properties), subject_of(record)));
  TRY_ASSIGN(const auto now, call.tenant->record(record.key.type, record.key.id));
  if (now.fields.text("approval_status") == "pending")
    return Error{Code::kForbidden,
                 "whoever decides must be a user with one of the roles of this level: name one as "
                 "`user`"};
  return changed(call, record.key, sequence);
}

}  // namespace

std::vector<Route> change_routes() {
  return {
      {"PATCH", "/api/v1/records/{type}/{id}", "setFields", Where::kWorkspace, Scope::kWrite,
       set_fields},
      {"POST", "/api/v1/records/{type}/{id}/move", "moveRecord", Where::kWorkspace, Scope::kWrite,
       move},
      {"POST", "/api/v1/approvals/decide", "decideApproval", Where::kWorkspace, Scope::kWrite,
       decide_approval},
  };
}

}  // namespace rapport::api
