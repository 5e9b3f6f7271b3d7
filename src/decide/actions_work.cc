// Actions that give people something to do or to know.
#include <algorithm>

#include "decide/actions.h"
#include "decide/contact_fields.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

constexpr std::string_view kPriorities[] = {"low", "medium", "high", "urgent"};

ptrdiff_t rank(std::string_view priority) {
  return std::find(std::begin(kPriorities), std::end(kPriorities), priority) -
         std::begin(kPriorities);
}

// What the action says it is about, else what the rule is about.
std::optional<RecordKey> subject_of(Acting& acting) {
  const std::string about = acting.act.text("about");
  if (about.empty()) return acting.firing.about;
  return acting.in_sight(about);
}

std::string reference(const RecordKey& key) {
  return key.type + "/" + key.id;
}

// An open task of the same purpose about the same record.
const Record* open_task(Acting& acting, const RecordKey& about, std::string_view purpose) {
  if (purpose.empty()) return nullptr;
  for (const std::string& id : acting.step().ids_with(model::kTask, "about", reference(about))) {
    const Record* task = acting.step().find(model::kTask, id);
    if (!task || task->fields.text("purpose") != purpose) continue;
    if (const auto status = task->fields.text("status");
        status == "open" || status == "in_progress")
      return task;
  }
  return nullptr;
}

// The task says every reason it was asked for, each once, a line each.
void add_reason(Acting& acting, const RecordKey& task, const Json& body) {
  const Record* now = acting.record(task);
  const std::string had(now->fields.text("body"));
  if (!body.is_string() || body.as_string().empty()) return;
  const std::string line(body.as_string());
  if (("\n" + had + "\n").find("\n" + line + "\n") != std::string::npos) return;
  acting.rounds.write(task, "body", had.empty() ? line : had + "\n" + line);
}

void join_task(Acting& acting, const Record& task, std::optional<Micros> due,
               std::string_view priority) {
  const RecordKey key = task.key;
  const std::string due_at = due ? format_time(*due) : std::string();
  const std::string had(task.fields.text("due_at"));
  const bool higher = !priority.empty() && rank(priority) > rank(task.fields.text("priority"));
  if (!due_at.empty() && (had.empty() || due_at < had)) acting.rounds.write(key, "due_at", due_at);
  if (higher) acting.rounds.write(key, "priority", priority);
  if (const Json* body = acting.act.find("body")) add_reason(acting, key, *body);
  Json asked = Json::array();
  const Record* now = acting.record(key);
  for (const Json& one : values_of(now->fields, "asked_by")) asked.push_back(one);
  const auto& all = asked.as_array();
  if (std::find(all.begin(), all.end(), Json(acting.rule())) == all.end()) {
    asked.push_back(acting.rule());
    acting.rounds.write(key, "asked_by", asked);
  }
}

}  // namespace

void note_record(Acting& acting) {
  const std::string on = acting.act.text("on");
  const auto key = on.empty() ? std::optional(acting.firing.about) : acting.in_sight(on);
  const Json* text = acting.act.find("text");
  if (!key || !text) return;
  const RecordKey note = acting.rounds.make("note", acting.once_id("note"), acting.firing.scene);
  acting.rounds.write(note, "on", reference(*key));
  acting.rounds.write(note, "text", *text);
  const Json* open = acting.act.find("private");
  acting.rounds.write(note, "private", open ? *open : Json(true));
  acting.rounds.write(note, "author", acting.rule());
}

void make_task(Acting& acting) {
  const auto about = subject_of(acting);
  if (!about) return;
  const std::string span = acting.act.text("due");
  const auto due =
      span.empty() ? std::nullopt : due_at(acting.definitions(), span, acting.rounds.now());
  if (!span.empty() && !due) acting.skip("there is no calendar for '" + span + "'");
  const std::string priority = acting.act.text("priority");
  const std::string purpose = acting.act.text("purpose");
  if (const Record* open = open_task(acting, *about, purpose))
    return join_task(acting, *open, due, priority);
  const RecordKey key =
      acting.rounds.make(model::kTask, acting.once_id("task"), acting.firing.scene);
  const auto put = [&](std::string_view field, const Json& value) {
    if (!value.is_null() && !(value == Json(""))) acting.rounds.write(key, field, value);
  };
  put("status", "open");
  if (const Json* subject = acting.act.find("subject")) put("subject", *subject);
  if (const Json* body = acting.act.find("body")) put("body", *body);
  put("purpose", purpose);
  put("priority", priority.empty() ? "medium" : priority);
  if (due) put("due_at", format_time(*due));
  put("about", reference(*about));
  put("asked_by", Json::Array{Json(acting.rule())});
  const Json to = acting.recipient("to");
  if (to.is_object()) {
    put("team", to.text("team"));
    put("role", to.text("role"));
    put("owner", to.text("user"));
  }
}

void complete_task(Acting& acting) {
  const auto about = subject_of(acting);
  if (!about) return;
  const std::string purpose = acting.act.text("purpose");
  while (const Record* task = open_task(acting, *about, purpose)) {
    const RecordKey key = task->key;
    acting.rounds.write(key, "status", "completed");
    acting.rounds.write(key, "completed_at", format_time(acting.rounds.now()));
  }
}

void notify_people(Acting& acting) {
  const Json to = acting.recipient("to");
  if (to.is_null()) return acting.skip("there is nobody to tell");
  const Json* urgent = acting.act.find("urgent");
  acting.notify(to, acting.act.text("text"), urgent && urgent->is_bool() && urgent->as_bool());
}

void raise_alert(Acting& acting) {
  const auto about = subject_of(acting);
  if (!about) return;
  const RecordKey key = acting.rounds.make("alert", acting.once_id("alert"), acting.firing.scene);
  for (std::string_view field : {"type", "severity", "text"})
    if (const Json* value = acting.act.find(field)) acting.rounds.write(key, field, *value);
  acting.rounds.write(key, "about", reference(*about));
  acting.rounds.write(key, "status", "open");
  acting.rounds.write(key, "at", format_time(acting.rounds.now()));
  Json to = acting.recipient("to");
  if (to.is_null()) {
    const Record* of = acting.record(*about);
    std::string owner = of ? std::string(of->fields.text("owner")) : std::string();
    if (owner.empty() && of) {
      const std::string account =
          owner_id(acting.step(), acting.definitions(), *of, model::kAccount);
      const Record* above =
          account.empty() ? nullptr : acting.step().find(model::kAccount, account);
      if (above) owner = above->fields.text("owner");
    }
    to = owner.empty() ? Json::object().set("role", "manager") : Json::object().set("user", owner);
  }
  const std::string severity = acting.act.text("severity");
  acting.notify(to, acting.act.text("text"), severity == "critical" || severity == "high");
}

void escalate_record(Acting& acting) {
  std::vector<std::string> objects;
  for (const auto& [path, value] : acting.act.arguments) {
    const std::string object = path.substr(0, path.find('.'));
    if (std::find(objects.begin(), objects.end(), object) == objects.end())
      objects.push_back(object);
  }
  for (const std::string& object : objects) {
    const auto key = acting.in_sight(object);
    if (!key) continue;
    acting.rounds.write(*key, "escalated", true);
    acting.rounds.write(*key, "escalated_at", format_time(acting.rounds.now()));
    const std::string reason = acting.act.text(object + ".reason");
    if (!reason.empty()) acting.rounds.write(*key, "escalation_reason", reason);
    const Record* record = acting.record(*key);
    if (key->type == model::kTicket && rank(record->fields.text("priority")) < rank("high"))
      acting.rounds.write(*key, "priority", "high");
    const Json to = acting.recipient(object + ".to");
    if (!to.is_null()) acting.notify(to, reason.empty() ? "Escalated: " + object : reason, true);
  }
}

namespace {

RecordKey with_arguments(Acting& acting, std::string_view kind,
                         std::initializer_list<std::string_view> fields) {
  const RecordKey key = acting.effect(kind, acting.once_id("eff"));
  for (std::string_view field : fields)
    if (const Json* value = acting.act.find(field)) acting.rounds.write(key, field, *value);
  return key;
}

}  // namespace

void send_message(Acting& acting) {
  const Json to = acting.recipient("to");
  const std::string once = "send/" + acting.act.text("template") + "/" + acting.firing.about.id +
                           "/" + to_canonical_text(to);
  if (!acting.rounds.first(once)) return acting.skip("sent already in this step");
  const RecordKey key = with_arguments(acting, "send", {"template", "channel", "text"});
  if (!to.is_null()) acting.rounds.write(key, "to", to);
  Json variables = Json::object();
  for (const auto& [name, value] : acting.act.under("with"))
    if (*value) variables.set(name, **value);
  if (!variables.as_object().empty()) acting.rounds.write(key, "with", variables);
}

void enrol_record(Acting& acting) {
  const auto about = subject_of(acting);
  if (!about) return;
  if (!acting.rounds.first("enrol/" + acting.act.text("workflow") + "/" + reference(*about)))
    return acting.skip("enrolled already in this step");
  const RecordKey key = with_arguments(acting, "enrol", {"workflow"});
  acting.rounds.write(key, "about", reference(*about));
}

void exit_workflow(Acting& acting) {
  const auto about = subject_of(acting);
  if (!about) return;
  const RecordKey key = with_arguments(acting, "exit", {"workflow", "reason"});
  acting.rounds.write(key, "about", reference(*about));
}

namespace {

// "customer.plan": a member within a member.
void set_at(Json& object, std::string_view path, const Json& value) {
  const size_t dot = path.find('.');
  if (dot == path.npos) {
    object.set(path, value);
    return;
  }
  const std::string_view first = path.substr(0, dot);
  if (!object.find(first)) object.set(first, Json::object());
  set_at(*object.edit(first), path.substr(dot + 1), value);
}

}  // namespace

void call_webhook(Acting& acting) {
  const RecordKey key = with_arguments(acting, "webhook", {"to"});
  Json body = Json::object();
  for (const auto& [path, value] : acting.act.under("body"))
    if (*value) set_at(body, path, **value);
  acting.rounds.write(key, "body", body);
}

}  // namespace rapport::decide
