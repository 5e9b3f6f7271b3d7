// What actions change: fields, and the derived events they are the cause of.
#include <algorithm>

#include "base/text.h"
#include "decide/pack/findings_parts.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

// Whoever is put on a record stands in some of these.
constexpr const char* kAssigned[] = {"team", "owner", "user", "agent", "assignee", "assigned_at"};

// Of the event itself and of what stands still in a step: the same in every round.
bool stands_still(const Formula& formula) {
  const auto has = [&](std::string_view word) {
    return formula.text.find(word) != std::string::npos;
  };
  if (has("now") || has("trigger")) return false;
  const std::set<std::string> names = field_names(formula);
  return !names.empty() && std::all_of(names.begin(), names.end(), [](const std::string& name) {
    const std::string_view first = split(name, '.')[0];
    return first == "event" || first == "said" || first == "setting" || first == "workspace";
  });
}

Json settled_value(const ActionSpec& action, const ValueSpec& value) {
  // An estimate is not made again once it is there; what is added is added each time.
  if (action.kind == "add") return {};
  if (action.kind == "estimate" || action.kind == "take" || action.kind == "link") return "once";
  if (!value.formula.empty()) {
    return stands_still(value.formula) ? Json("= " + value.formula.text) : Json();
  }
  return value.literal.is_null() ? Json("(none)") : value.literal;
}

void add_setting(const ActionSpec& action, const std::string& object, std::vector<Write>& writes) {
  // Without a key each time makes another record.
  const bool again = action.kind == "update" || action.find("key") != nullptr;
  for (const auto& [field, value] : action.under("set")) {
    writes.push_back({object + "." + field, again ? settled_value(action, *value) : Json()});
  }
}

void add_targets(const ActionSpec& action, std::vector<Write>& writes) {
  for (const auto& [path, value] : action.arguments) {
    const std::string object = path.substr(0, path.find('.'));
    if (action.kind == "assign") {
      for (const char* field : kAssigned) {
        writes.push_back({object + "." + field, settled_value(action, value)});
      }
    } else if (action.kind == "escalate") {
      writes.push_back({object + ".escalated", true});
      writes.push_back({object + ".priority", "high"});
    } else if (action.kind == "tag" || action.kind == "untag") {
      writes.push_back({object + ".tags", action.kind});
    } else if (action.kind == "take") {
      writes.push_back({object + "." + action.text(path), settled_value(action, value)});
    } else {
      writes.push_back({path, settled_value(action, value)});
    }
  }
}

}  // namespace

std::vector<Write> writes_of(const ActionSpec& action) {
  std::vector<Write> writes;
  const std::string& kind = action.kind;
  if (kind == "create" || kind == "update") {
    add_setting(action, action.text("object"), writes);
  } else if (kind == "set" || kind == "raise" || kind == "estimate" || kind == "add" ||
             kind == "link" || kind == "take" || kind == "assign" || kind == "escalate" ||
             kind == "tag" || kind == "untag") {
    add_targets(action, writes);
  } else if (kind == "task" || kind == "complete_task") {
    writes.push_back({"task.status", action.find("purpose") != nullptr ? Json(kind) : Json()});
  } else if (kind == "start_program" || kind == "complete_step") {
    writes.push_back({"program_run.status", kind == "complete_step" ? Json(kind) : Json()});
  } else if (kind == "move") {
    writes.push_back({"stage." + action.text("lifecycle"), action.text("to")});
  }
  return writes;
}

bool repeats(const ActionSpec& action) {
  const std::string& kind = action.kind;
  if (kind == "create") return action.find("key") == nullptr;
  if (kind == "task") return action.find("purpose") == nullptr;
  if (kind == "alert" || kind == "start_program" || kind == "request_approval") return true;
  const std::vector<Write> writes = writes_of(action);
  return std::any_of(writes.begin(), writes.end(),
                     [](const Write& write) { return write.settled.is_null(); });
}

std::set<std::string> events_of(const ActionSpec& action, const Names& names) {
  std::set<std::string> events;
  const std::string& kind = action.kind;
  const auto made = [&](const std::string& object) { events.insert("@" + object + ".created"); };
  if (kind == "create") made(action.text("object"));
  if (kind == "task") made("task");
  if (kind == "alert") made("alert");
  if (kind == "start_program") {
    made("program_run");
    events.insert("@program." + action.text("program") + ".started");
  }
  if (kind == "complete_step") {
    events.insert("@program." + action.text("program") + ".milestone");
    events.insert("@program." + action.text("program") + ".completed");
  }
  if (kind == "request_approval") {
    for (const char* what : {".requested", ".approved", ".rejected"}) {
      events.insert("@approval." + action.text("approval") + what);
    }
  }
  if (kind == "move") {
    const std::string stage = "@stage." + action.text("lifecycle") + ".";
    events.insert(stage + action.text("to") + ".entered");
    for (const auto& [event, pack] : names.events) {
      const std::string derived = "@" + event;
      if (derived.starts_with(stage) && derived.ends_with(".left")) events.insert(derived);
    }
  }
  return events;
}

}  // namespace rapport::decide
