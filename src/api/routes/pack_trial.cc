// What a draft of a pack would decide, over the state as it is. Nothing is stored.
#include <fmt/format.h>

#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/declared.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"
#include "base/text.h"

namespace rapport::api {

using access::Scope;

namespace {

struct Trial {
  model::RecordKey about;
  model::Event event;                // a tick where none was given
  std::vector<model::Timer> timers;  // then: makes the record's figures again
};

// An event of that record's person, as if it came now.
Result<model::Event> event_of(Call& call, const model::Record& record, const Json& given) {
  const auto type = given.text("type");
  if (type.empty()) return invalid("event.type is missing or no text", "event.type");
  const Json* properties = given.find("properties");
  if (properties && !properties->is_object())
    return invalid("event.properties must be an object", "event.properties");
  model::Event event;
  event.type = std::string(type);
  event.message_id = "trial";
  if (properties) event.properties = *properties;
  event.subject = subject_of(record);
  if (record.key.type == model::kAccount) {  // an account is met through its people
    TRY_ASSIGN(const auto page, call.tenant->state().list({std::string(model::kContact), "account",
                                                           record.key.id, "", 1}));
    if (!page.records.empty()) event.subject = subject_of(page.records.front());
  }
  if (event.subject.value == 0)
    return invalid(
        "no person belongs to this record, so no event can be about it: leave `event` "
        "out to see how it stands",
        "event");
  const auto name = [&](std::string_view member, std::string_view property) {
    const auto id = record.fields.text(member);
    if (!id.empty() && !event.properties.find(property)) event.properties.set(property, id);
  };
  if (record.key.type == model::kConversation) name("external_id", "conversation_id");
  if (record.key.type == model::kTicket) name("external_id", "ticket_id");
  if (record.key.type == model::kDeal) name("external_id", "deal_id");
  if (record.key.type == model::kTask) name("external_id", "task_id");
  return event;
}

Result<Trial> trial_of(Call& call) {
  const Json* about = call.body.is_object() ? call.body.find("record") : nullptr;
  if (!about || about->text("type").empty() || about->text("id").empty())
    return invalid("record must be an object with type and id", "record");
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const auto record, find_record(call, words, about->text("type"), about->text("id")));
  Trial trial;
  trial.about = record.key;
  const Micros now = call.context.clock.now();
  if (const Json* given = call.body.find("event"); given && !given->is_null()) {
    TRY_ASSIGN(trial.event, event_of(call, record, *given));
  } else {
    trial.event.origin = model::Origin::kServer;
    trial.event.type = model::kTick;
    trial.timers.push_back(
        {now, "refresh/" + record.key.type + "/" + record.key.id, record.key, "refresh"});
  }
  trial.event.workspace = call.tenant->workspace();
  trial.event.at = trial.event.received_at = now;
  return trial;
}

// Fields that differ: {field: {before, after}}.
Json changes_of(const Json& before, const Json& after) {
  Json out = Json::object();
  const auto note = [&](std::string_view name, const Json* was, const Json* is) {
    if (out.find(name) || (was && is && *was == *is)) return;
    out.set(name,
            Json::object().set("before", was ? *was : Json()).set("after", is ? *is : Json()));
  };
  if (after.is_object())
    for (const auto& [name, value] : after.as_object()) note(name, before.find(name), &value);
  if (before.is_object())
    for (const auto& [name, value] : before.as_object()) note(name, &value, after.find(name));
  return out;
}

bool is_inner(std::string_view type) {
  for (std::string_view inner :
       {model::kDerived, model::kSubject, model::kPack, model::kDefinitions, model::kTrace})
    if (type == inner) return true;
  return false;
}

Result<Json> told(flow::Rehearsal& rehearsal, const decide::Decisions& decisions, Micros now) {
  Json records = Json::array(), tasks = Json::array(), effects = Json::array(),
       trace = Json::array();
  for (const model::Record& record : decisions.puts) {
    if (record.key.type == model::kTrace)
      if (const Json* did = record.fields.find("did")) trace = *did;
    if (is_inner(record.key.type)) continue;
    TRY_ASSIGN(const auto before, rehearsal.before(record.key));
    if (record.fields.text("object") == "effect") {
      effects.push_back(present(record, now));
    } else if (record.key.type == model::kTask && !before) {
      tasks.push_back(present(record, now));
    } else {
      Json changes = changes_of(before ? before->fields : Json(), record.fields);
      if (changes.as_object().empty()) continue;
      records.push_back(Json::object()
                            .set("type", record.key.type)
                            .set("id", record.key.id)
                            .set("created", !before.has_value())
                            .set("changes", std::move(changes)));
    }
  }
  return Json::object()
      .set("records", std::move(records))
      .set("tasks", std::move(tasks))
      .set("effects", std::move(effects))
      .set("trace", std::move(trace));
}

// The draft takes the place of the active version in memory, then one step is folded.
Result<HttpResponse> try_pack(Call& call) {
  const Json* given = call.body.is_object() ? call.body.find("files") : nullptr;
  TRY_ASSIGN(const auto files, read_files(call.path.at("name"), given ? *given : Json()));
  const Declaring& declaring = call.context.declaring;
  TRY_ASSIGN(const auto considered, declaring.consider(call.tenant->state(), files));
  if (!considered.problems.empty()) return refused(considered.problems);
  TRY_ASSIGN(Trial trial, trial_of(call));
  const decide::Engine draft(declaring.engine().basics(), declaring.engine().zones());
  auto rehearsal = declaring.rehearse(call.tenant->state(), draft);
  model::Event activation;
  activation.workspace = call.tenant->workspace();
  activation.origin = model::Origin::kServer;
  activation.type = model::kPackActivated;
  activation.at = activation.received_at = trial.event.at;
  activation.properties.set("pack", files.name)
      .set("version", decide::pack_version(files))
      .set("files", to_json(files));
  TRY(rehearsal.step(std::move(activation)));
  const Micros now = trial.event.at;
  TRY_ASSIGN(const auto decisions, rehearsal.step(std::move(trial.event), trial.timers));
  TRY_ASSIGN(Json answer, told(rehearsal, decisions, now));
  return json_answer(answer.set("version", decide::pack_version(files)));
}

}  // namespace

std::vector<Route> pack_trial_routes() {
  return {
      {"POST", "/api/v1/packs/{name}/try", "tryPack", Where::kWorkspace, Scope::kRead, try_pack}};
}

}  // namespace rapport::api
