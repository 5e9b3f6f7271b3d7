// Who gets a record, and how long he may take.
#include <algorithm>

#include "decide/actions.h"
#include "decide/contact_fields.h"
#include "decide/pack/pack_file.h"
#include "decide/sla_rounds.h"
#include "expr/zones.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

std::vector<std::string> texts(const Json& fields, std::string_view name) {
  std::vector<std::string> all;
  for (const Json& one : values_of(fields, name))
    if (one.is_string()) all.emplace_back(one.as_string());
  return all;
}

Presence presence_of(std::string_view word) {
  return word == "away"      ? Presence::kAway
         : word == "offline" ? Presence::kOffline
                             : Presence::kAvailable;
}

Agent agent_of(Acting& acting, const Record& user) {
  Agent agent;
  agent.id = user.key.id;
  agent.name = user.fields.text("name");
  agent.roles = texts(user.fields, "roles");
  agent.teams = texts(user.fields, "teams");
  agent.languages = texts(user.fields, "languages");
  agent.territories = texts(user.fields, "territories");
  for (const std::string& skill : texts(user.fields, "skills")) agent.skills[skill] = 1;
  if (const Json* levels = user.fields.find("skills"); levels && levels->is_object())
    for (const auto& [name, level] : levels->as_object())
      if (level.is_int()) agent.skills[std::string(std::string_view(name))] = level.as_int();
  if (user.fields.find("capacity")) agent.capacity = user.fields.integer("capacity");
  agent.presence = presence_of(user.fields.text("presence"));
  const Json* side = acting.rounds.derived_now(user.key);
  if (!side) return agent;
  if (const Json* open = side->find("open"))
    for (const auto& [object, n] : open->as_object())
      agent.open[std::string(std::string_view(object))] = n.as_int();
  if (side->find("assigned_at")) agent.last_assigned_at = Micros{side->integer("assigned_at")};
  agent.last_assigned_sequence = side->integer("assigned_sequence");
  if (agent.all_open() == 0 && side->find("idle_since"))
    agent.idle_since = Micros{side->integer("idle_since")};
  return agent;
}

// Users of the teams and roles that the steps name.
std::vector<Agent> candidates(Acting& acting, const Routing& routing,
                              const std::vector<std::optional<RoutingWants>>& wants) {
  std::set<std::string> ids;
  const auto add = [&](std::string_view field, std::string_view value) {
    if (value.empty()) return;
    for (std::string& id : acting.step().ids_with(model::kUser, field, value))
      ids.insert(std::move(id));
  };
  const auto add_step = [&](const RoutingStep& step, const RoutingWants* want) {
    add("teams", step.team);
    if (want && want->team) add("teams", *want->team);
    if (step.team.empty() && !(want && want->team)) add("roles", step.role);
  };
  for (size_t i = 0; i < routing.steps.size(); ++i)
    add_step(routing.steps[i], wants[i] ? &*wants[i] : nullptr);
  add_step(routing.fallback, nullptr);
  std::vector<Agent> all;
  for (const std::string& id : ids)
    if (const Record* user = acting.step().find(model::kUser, id))
      all.push_back(agent_of(acting, *user));
  return all;
}

RoutingWants wants_of(Evaluation& evaluation, const CompiledRoutingStep& step) {
  RoutingWants wants;
  const auto text = [&](const Predicate& predicate) -> std::optional<std::string> {
    if (!predicate) return std::nullopt;
    const auto value = evaluation.json({Json(), predicate});
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->as_string());
  };
  wants.team = text(step.team_of);
  wants.territory = text(step.territory);
  if (!step.languages) return wants;
  if (const auto value = evaluation.json({Json(), step.languages})) {
    wants.languages.emplace();
    if (value->is_string()) wants.languages->emplace_back(value->as_string());
    if (value->is_array())
      for (const Json& one : value->as_array())
        if (one.is_string()) wants.languages->emplace_back(one.as_string());
  }
  return wants;
}

// `as`: what the user becomes of the record.
void give_to_user(Acting& acting, const RecordKey& key, const std::string& user,
                  const std::string& as = "owner") {
  const bool assignee = key.type == model::kTicket || key.type == model::kConversation;
  acting.write(key, as == "owner" && assignee ? "assignee" : as, user, "assign");
  const Record* known = acting.step().find(model::kUser, user);
  if (!known) return;
  Json& side = acting.rounds.derived(known->key);
  side.set("assigned_at", acting.rounds.now().value);
  side.set("assigned_sequence", acting.step().event().sequence.value);
}

void route_record(Acting& acting, const RecordKey& key, const std::string& name) {
  const auto& all = acting.definitions().routings;
  const auto compiled = std::find_if(
      all.begin(), all.end(), [&](const CompiledRouting& one) { return one.routing->id == name; });
  if (compiled == all.end()) return acting.skip("there is no routing '" + name + "'");
  const Routing& routing = *compiled->routing;
  Scene scene = acting.firing.scene;
  Evaluation evaluation(acting.step(), acting.definitions(), scene);
  std::vector<std::optional<RoutingWants>> wants;
  for (const CompiledRoutingStep& step : compiled->steps) {
    wants.emplace_back();
    if (evaluation.holds(step.when)) wants.back() = wants_of(evaluation, step);
  }
  const Record* record = acting.record(key);
  RoutingContext context{acting.rounds.now(), std::string(record->fields.text(routing.as))};
  if (key.type == model::kTicket && routing.as == "owner")
    context.owner = record->fields.text("assignee");
  const auto who = candidates(acting, routing, wants);
  const RoutingChoice choice =
      route(routing, who, wants, wants_of(evaluation, compiled->fallback), context);
  Json told = Json::object();
  told.set("routing", name).set("record", key.id).set("because", choice.reason);
  if (!choice.agent.empty()) told.set("user", choice.agent);
  if (!choice.team.empty()) told.set("team", choice.team);
  Json losses = Json::array();
  for (const RoutingLoss& loss : choice.losses)
    losses.push_back(Json::object().set("user", loss.agent).set("because", loss.reason));
  told.set("losses", std::move(losses));
  acting.rounds.note(acting.rule(), "routed", std::move(told));
  const bool owner = routing.as == "owner";
  if (!choice.team.empty())
    acting.write(key, owner ? "team" : routing.as + "_team", choice.team, "assign");
  if (!choice.agent.empty()) give_to_user(acting, key, choice.agent, routing.as);
  const size_t step = choice.step.value_or(compiled->steps.size());
  for (const std::string& on : {"routing." + name + "." + std::to_string(step)}) {
    Json trigger = Json::object();
    trigger.set("name", on).set("reason", choice.reason);
    acting.rounds.tell({on, key, std::move(trigger)});
  }
}

}  // namespace

void assign_record(Acting& acting) {
  for (const auto& [path, value] : acting.act.arguments) {
    const size_t dot = path.find('.');
    if (dot == path.npos || !value || !value->is_string()) continue;
    const auto key = acting.in_sight(path.substr(0, dot));
    if (!key) continue;
    const std::string how = path.substr(dot + 1), name(value->as_string());
    // The assignment with the highest bar wins (CO-32): the first of the round. Who joins as
    // something else takes nothing from the owner.
    const Routing* routing = how == "route" ? acting.definitions().routing.find(name) : nullptr;
    const std::string place = routing ? routing->as : "owner";
    if (!acting.rounds.claim(*key, "assignment/" + place, acting.rule())) continue;
    if (how == "team") acting.write(*key, "team", name, "assign");
    if (how == "user") give_to_user(acting, *key, name);
    if (how == "route") route_record(acting, *key, name);
    if (how != "owner_of") continue;
    const auto of = acting.in_sight(name);
    const std::string owner = of ? std::string(acting.record(*of)->fields.text("owner")) : "";
    if (owner.empty()) {
      acting.skip("the " + name + " has no owner");
    } else {
      give_to_user(acting, *key, owner);
    }
  }
}

namespace {

void order(Acting& acting, SlaOrder what) {
  std::string object = acting.act.text("of");
  const std::string policy = acting.act.text("policy");
  for (const CompiledSla& one : acting.definitions().policies)
    if (object.empty() && one.policy->name == policy)
      object = acting.definitions().vocabulary.object(one.object).name;
  if (object.empty()) object = model::kTicket;
  if (const auto key = acting.in_sight(object))
    order_sla(acting.rounds, *key, what, policy, acting.rule());
}

}  // namespace

void start_sla(Acting& acting) {
  order(acting, SlaOrder::kStart);
}
void stop_sla(Acting& acting) {
  order(acting, SlaOrder::kStop);
}
void pause_sla(Acting& acting) {
  order(acting, SlaOrder::kPause);
}
void resume_sla(Acting& acting) {
  order(acting, SlaOrder::kResume);
}

std::optional<Micros> due_at(const Definitions& definitions, std::string_view span, Micros now) {
  if (const auto plain = parse_span(span)) return now + *plain;
  // "4 business hours of support"
  const size_t blank = span.find(' ');
  if (blank == span.npos) return std::nullopt;
  const int64_t count = std::atoll(std::string(span.substr(0, blank)).c_str());
  std::string calendar = "office";
  if (const size_t of = span.find(" of "); of != span.npos) calendar = span.substr(of + 4);
  const auto it = definitions.sla.calendars.find(calendar);
  if (it == definitions.sla.calendars.end()) return std::nullopt;
  const bool by_day = span.find("business day") != span.npos;
  const Micros open{count * (by_day ? it->second.day.value : hours(1).value)};
  const auto at = it->second.hours->after(to_span(now), to_span(open));
  return at ? std::optional(to_micros(*at)) : std::nullopt;
}

}  // namespace rapport::decide
