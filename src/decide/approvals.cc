#include "decide/approvals.h"

#include <algorithm>

#include "decide/contact_fields.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

void tell(Rounds& rounds, const ApprovalSpec& spec, const RecordKey& record, std::string_view what,
          std::string_view reason) {
  const std::string name = "approval." + spec.id + "." + std::string(what);
  Json trigger = Json::object();
  trigger.set("name", name).set("reason", reason);
  rounds.tell({name, record, std::move(trigger)});
}

// A user of one of the roles; none named: anybody.
bool may_grant(const Rounds& rounds, const ApprovalLevel& level, Step& step,
               const std::string& user) {
  (void)rounds;
  if (level.roles.empty()) return true;
  const Record* who = user.empty() ? nullptr : step.find(model::kUser, user);
  if (!who) return false;
  const auto& roles = values_of(who->fields, "roles");
  return std::any_of(level.roles.begin(), level.roles.end(), [&](const std::string& role) {
    return std::find(roles.begin(), roles.end(), Json(role)) != roles.end();
  });
}

void settle(Rounds& rounds, const RecordKey& record, std::string_view status,
            std::string_view reason, std::string_view by) {
  rounds.write(record, "approval_status", status);
  rounds.write(record, "approval_reason", reason.empty() ? Json() : Json(reason));
  rounds.write(record, "approved_by", by.empty() ? Json() : Json(by));
}

}  // namespace

void ask_approval(Rounds& rounds, const CompiledApproval& approval, const RecordKey& record,
                  const Scene& scene) {
  Evaluation evaluation(rounds.step(), rounds.definitions(), scene);
  for (size_t i = 0; i < approval.levels.size(); ++i) {
    const ApprovalLevel& level = approval.spec->levels[i];
    if (!evaluation.holds(approval.levels[i])) continue;
    if (level.reject) {
      settle(rounds, record, "rejected", level.says, "");
      return tell(rounds, *approval.spec, record, "rejected", level.says);
    }
    rounds.write(record, "approval_level", level.level);
    if (may_grant(rounds, level, rounds.step(), scene.agent)) {
      settle(rounds, record, "approved", level.says, scene.agent);
      return tell(rounds, *approval.spec, record, "approved", level.says);
    }
    settle(rounds, record, "pending", level.says, "");
    return tell(rounds, *approval.spec, record, "requested", level.says);
  }
  settle(rounds, record, "rejected", "no level of the policy fits", "");
  tell(rounds, *approval.spec, record, "rejected", "no level of the policy fits");
}

void decide_approval(Rounds& rounds, const model::Event& event) {
  const CompiledApproval* approval = rounds.definitions().approval(event.property("approval"));
  if (!approval) return;
  const RecordKey key = key_of(rounds.definitions(), approval->object, event.property("record"));
  const Record* record = rounds.step().find(key.type, key.id);
  if (!record || record->fields.text("approval_status") != "pending") return;
  const int64_t number = record->fields.integer("approval_level");
  const auto level =
      std::find_if(approval->spec->levels.begin(), approval->spec->levels.end(),
                   [&](const auto& one) { return one.level == number && !one.reject; });
  const std::string by(event.property("by"));
  const auto users = rounds.step().ids_with(model::kUser, "keys", by);
  const std::string user = users.empty() ? std::string() : users.front();
  if (level == approval->spec->levels.end() || !may_grant(rounds, *level, rounds.step(), user)) {
    return rounds.note(approval->spec->id, "left out",
                       Json::object().set("why", "'" + by + "' may not decide this"));
  }
  const bool granted = event.property("decision") == "approved";
  settle(rounds, key, granted ? "approved" : "rejected", event.property("reason"), user);
  tell(rounds, *approval->spec, key, granted ? "approved" : "rejected", event.property("reason"));
}

}  // namespace rapport::decide
