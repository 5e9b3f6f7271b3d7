#include "decide/rounds.h"

#include <algorithm>

#include "decide/approvals.h"
#include "decide/contact_fields.h"
#include "decide/deriving.h"
#include "decide/differences.h"
#include "decide/programs.h"
#include "decide/said.h"
#include "decide/sla_rounds.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

const Json* Firing::Act::find(std::string_view path) const {
  for (const auto& [name, value] : arguments)
    if (name == path) return value ? &*value : nullptr;
  return nullptr;
}

std::string Firing::Act::text(std::string_view path) const {
  const Json* value = find(path);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::vector<std::pair<std::string, const std::optional<Json>*>> Firing::Act::under(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, const std::optional<Json>*>> found;
  for (const auto& [name, value] : arguments)
    if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '.')
      found.emplace_back(name.substr(prefix.size() + 1), &value);
  return found;
}

void Rounds::write(const RecordKey& key, std::string_view field, const Json& value) {
  const Record* record = step_.find(key.type, key.id);
  const Json* old = record ? record->fields.find(field) : nullptr;
  if (old ? *old == value : value.is_null()) return;
  ++changes_;
  Json& fields = step_.edit(key.type, key.id).fields;
  if (value.is_null()) {
    fields.erase(field);
  } else {
    fields.set(field, value);
  }
}

Json& Rounds::derived(const RecordKey& key) {
  const RecordKey side = derived_key(key);
  return step_.edit(side.type, side.id).fields;
}

const Json* Rounds::derived_now(const RecordKey& key) const {
  const RecordKey side = derived_key(key);
  const Record* record = step_.find(side.type, side.id);
  return record ? &record->fields : nullptr;
}

std::string Rounds::id_for(std::string_view prefix,
                           std::initializer_list<std::string_view> parts) const {
  return model::derive_id(prefix, step_.event().workspace, parts);
}

RecordKey Rounds::make(std::string_view object, std::string_view id, const Scene& scene) {
  const Vocabulary& vocabulary = definitions_.vocabulary;
  const uint32_t number = vocabulary.find_object(object);
  CHECK(number != Vocabulary::kNone);
  const RecordKey key = key_of(definitions_, number, id);
  if (step_.find(key.type, key.id)) return key;
  ++changes_;
  Json& fields = step_.edit(key.type, key.id).fields;
  if (key.type == model::kObject) fields.set("object", object);
  fields.set("created_at", format_time(now_));
  for (const auto& owner : vocabulary.object(number).belongs_to) {
    const uint32_t of = vocabulary.find_object(owner.object);
    if (of == Vocabulary::kNone || of == number || scene.id(of).empty()) continue;
    if (owner.object != model::kContact) {
      fields.set(owner.object, scene.id(of));
    } else if (const Record* contact = step_.find(model::kContact, scene.id(of))) {
      if (const Json* subjects = contact->fields.find("subjects"))
        fields.set("subject_id", std::to_string(subjects->as_array().front().as_int()));
    }
  }
  return key;
}

void Rounds::note(std::string_view rule, std::string_view what, Json told) {
  told.set("rule", rule).set("what", what);
  trace_.push_back(std::move(told));
}

bool Rounds::was_there_before(const RecordKey& key, std::string_view pack) const {
  const Record* record = step_.find(key.type, key.id);
  const Record* active = step_.find(model::kDefinitions, "active");
  if (!record || !active) return false;
  const Json* since = active->fields.find("since");
  return since && static_cast<int64_t>(record->created.value) < since->integer(pack);
}

// A ticket made by `ticket.created` is told of by that event itself, once.
bool Rounds::is_the_event(std::string_view name, const RecordKey& key) const {
  if (key.type == model::kObject) return false;
  if (!event_scene_ || !event_scene_->event || event_scene_->event->type != name) return false;
  return event_scene_->id(definitions_.vocabulary.find_object(key.type)) == key.id;
}

// Of one record once a round.
void Rounds::note_change(const RecordKey& key, const std::string& name, Json fields) {
  for (Occurrence& known : happened_) {
    if (known.name != name || known.record != key) continue;
    Json& all = *known.trigger.edit("fields");
    for (const Json& field : fields.as_array()) {
      const auto& there = all.as_array();
      if (std::find(there.begin(), there.end(), field) == there.end()) all.push_back(field);
    }
    return;
  }
  Json trigger = Json::object();
  trigger.set("name", name).set("fields", std::move(fields));
  tell({name, key, std::move(trigger)});
}

// Which fields of which records have changed.
void Rounds::look() {
  for (size_t number = 0; number < step_.writes(); ++number) {
    const RecordKey& key = step_.written_key(number);
    if (number == seen_.size()) {
      Seen& seen = seen_.emplace_back();
      const bool aside =
          key.type == model::kDerived || key.type == model::kSubject || key.type == model::kTrace;
      seen.object = aside ? Vocabulary::kNone : object_of(step_, definitions_, key);
      const Record* before = aside ? nullptr : step_.before(key);
      if (before) seen.fields = before->fields;
    }
    const uint32_t object = seen_[number].object;
    if (object == Vocabulary::kNone) continue;
    const Record* record = step_.written_record(number);
    const Json now = record ? record->fields : Json();
    if (now == seen_[number].fields) continue;
    const Json before = std::exchange(seen_[number].fields, now);
    const ObjectPlan& plan = definitions_.plans[object];
    Differences differences(definitions_.vocabulary.object(object), before, now);
    const Json* known = before.is_null() ? nullptr : &before;
    roll_up(key, object, known, differences);
    count_open(key, object, known, record ? &now : nullptr);
    if (!record) continue;
    Touched& touched = touched_[key];
    touched.object = object;
    touched.created |= before.is_null();
    touched.dirty.merge(differences.fields());
    const std::string& name = before.is_null() ? plan.created : plan.changed;
    if (!name.empty() && !is_the_event(name, key)) note_change(key, name, differences.take_names());
  }
}

// What was just made of the record is no news for its figures; rules and rollups may wait for it.
void Rounds::take_in_made(const RecordKey& key, uint32_t object) {
  size_t number = 0;
  while (number < seen_.size() && step_.written_key(number) != key) ++number;
  if (number == seen_.size()) return;  // look() has not seen it: it was only read so far
  const ObjectPlan& plan = definitions_.plans[object];
  const Record* record = step_.written_record(number);
  if (!record || record->fields == seen_[number].fields) return;
  const Json before = std::exchange(seen_[number].fields, record->fields);
  Differences differences(definitions_.vocabulary.object(object), before, record->fields);
  roll_up(key, object, &before, differences);
  if (!plan.changed.empty()) note_change(key, plan.changed, differences.take_names());
}

void Rounds::derive() {
  auto touched = std::exchange(touched_, {});
  for (auto& [key, one] : touched) {
    if (!step_.find(key.type, key.id)) continue;
    if (!definitions_.plans[one.object].plain()) {
      Refresh& refresh = to_refresh_[key];
      refresh.all |= Deriving(*this, key, one.object, one.dirty).run();
      refresh.changed.merge(one.dirty);
      take_in_made(key, one.object);
    }
    follow_sla(*this, key, one.object);
  }
}

// Until what follows from all that has happened is made.
void Rounds::settle() {
  size_t counted = 0;
  for (int pass = 0; pass < kMostRounds; ++pass) {
    look();
    take_up_rollups();
    for (; counted < happened_.size(); ++counted) {
      const Occurrence occurrence = happened_[counted];
      if (!definitions_.lines_on.contains(occurrence.name)) continue;
      Scene scene =
          occurrence.event ? *event_scene_ : scene_of(step_, definitions_, occurrence.record, now_);
      scene.trigger = &occurrence.trigger;
      add_points(occurrence, scene);
    }
    if (touched_.empty()) return;
    derive();
  }
}

void Rounds::go_on() {
  for (int round = 0;; ++round) {
    settle();
    for (Occurrence& occurrence : happened_) round_.push_back(std::move(occurrence));
    happened_.clear();
    if (round_.empty()) break;
    if (round == kMostRounds) {
      note("", "rounds", Json::object().set("left", round_.size()));
      round_.clear();
      break;
    }
    decide();
    act();
  }
  finish();
}

void Rounds::run(const model::Event& event) {
  event_scene_ = scene_of(step_, definitions_, event, now_);
  if (event.origin == model::Origin::kTracked && definitions_.reads_said)
    event_scene_->set_said(read_said(definitions_.reader.get(), event));
  Occurrence occurrence;
  occurrence.name = event.type;
  occurrence.event = &event;
  for (std::string_view object : {model::kTicket, model::kDeal, model::kTask, model::kConversation,
                                  model::kContact, model::kAccount}) {
    const uint32_t number = definitions_.vocabulary.find_object(object);
    if (event_scene_->id(number).empty()) continue;
    occurrence.record = key_of(definitions_, number, event_scene_->id(number));
    break;
  }
  if (event.origin == model::Origin::kServer) {
    if (event.type == model::kApprovalDecided) decide_approval(*this, event);
    if (event.type == model::kStageMoved) move_by_hand(event);
    return go_on();
  }
  count(event, *event_scene_);
  note_message(*this, event, *event_scene_);
  complete_steps(*this, event.type, *event_scene_);
  happened_.insert(happened_.begin(), std::move(occurrence));
  go_on();
}

void Rounds::move_by_hand(const model::Event& event) {
  const CompiledLifecycle* lifecycle = definitions_.lifecycle(event.property("lifecycle"));
  if (!lifecycle) return;
  const RecordKey key = key_of(definitions_, lifecycle->object, event.property("record"));
  if (!step_.find(key.type, key.id)) return;
  const auto moved = move_stage(*this, *lifecycle, key, event.property("to"),
                                event.property("reason"), event.property("by"));
  if (!moved.ok())
    note(lifecycle->spec->id, "left out", Json::object().set("why", moved.error().message));
}

void Rounds::refresh(const RecordKey& record) {
  const uint32_t object = object_of(step_, definitions_, record);
  if (object == Vocabulary::kNone || !step_.find(record.type, record.id)) return;
  derived(record).erase("refresh_at");
  Touched& touched = touched_[record];
  touched.object = object;
  const ObjectPlan& plan = definitions_.plans[object];
  for (const uint32_t metric : plan.metrics)
    touched.dirty.insert(definitions_.metrics[metric].field);
  for (const uint32_t clock : plan.clocks) touched.dirty.insert(definitions_.clocks[clock].field);
  // Scores are compared with earlier ones, stays become overdue.
  for (const Derivation& derivation : plan.derivations)
    if (derivation.kind == Derivation::Kind::kScore ||
        derivation.kind == Derivation::Kind::kLifecycle)
      touched.dirty.insert(derivation.reads.back());
  to_refresh_[record].all = true;
  go_on();
}

void Rounds::decide() {
  for (const Occurrence& occurrence : round_) consider(occurrence);
  round_.clear();
  std::stable_sort(firings_.begin(), firings_.end(), [](const Firing& a, const Firing& b) {
    const int64_t mine = a.rule->spec ? a.rule->spec->priority : 100;
    const int64_t theirs = b.rule->spec ? b.rule->spec->priority : 100;
    return mine != theirs ? mine > theirs : a.rule->name < b.rule->name;
  });
}

void Rounds::consider(const Occurrence& occurrence) {
  const auto rules = definitions_.rules_on.find(occurrence.name);
  if (rules == definitions_.rules_on.end()) return;
  Scene scene =
      occurrence.event ? *event_scene_ : scene_of(step_, definitions_, occurrence.record, now_);
  scene.trigger = &occurrence.trigger;
  if (!occurrence.event && step_.event().origin == model::Origin::kTracked && event_scene_) {
    scene.event = &step_.event();  // what the event was stays in sight of what follows from it
    scene.agent = event_scene_->agent;
    if (const Json* said = event_scene_->said()) scene.set_said(*said);
  }
  Evaluation evaluation(step_, definitions_, scene);
  const RuleGroup& group = rules->second;
  std::vector<bool> matched(group.set ? group.set->size() : 0);
  if (group.set)
    for (const uint32_t condition : evaluation.test(group).matched()) matched[condition] = true;
  for (size_t i = 0; i < group.rules.size(); ++i) {
    const Rule& rule = definitions_.rules[group.rules[i]];
    const uint32_t condition = group.conditions[i];
    const bool holds = condition == RuleGroup::kAlone
                           ? waits_for(rule, occurrence) && evaluation.holds(rule.when)
                           : matched[condition];
    if (holds && may_act(rule, occurrence, scene)) prepare(rule, occurrence, scene, evaluation);
  }
}

void Rounds::prepare(const Rule& rule, const Occurrence& occurrence, const Scene& scene,
                     Evaluation& evaluation) {
  Firing firing{&rule, occurrence.record, scene, {}};
  for (size_t i = 0; i < rule.actions.size(); ++i) {
    const Action& action = rule.actions[i];
    Firing::Act act{&action, i, {}};
    for (const auto& [path, operand] : action.arguments)
      act.arguments.emplace_back(path, evaluation.json(operand));
    firing.acts.push_back(std::move(act));
  }
  firing.scene.trigger = nullptr;  // was read; it does not outlive the round
  firings_.push_back(std::move(firing));
}

void Rounds::act() {
  std::vector<Firing> firings = std::exchange(firings_, {});
  for (Firing& firing : firings) {
    const size_t before = changes_;
    Json rows = std::exchange(trace_, Json::array());
    for (const Firing::Act& one : firing.acts) decide::act(*this, firing, one);
    const Json own = std::exchange(trace_, std::move(rows));
    // What changed nothing is not told, but for what was lost to another.
    if (changes_ != before)
      note(firing.rule->name, "fired",
           Json::object().set("about", firing.about.type + "/" + firing.about.id));
    for (const Json& row : own.as_array())
      if (changes_ != before || row.text("what") != "left out") trace_.push_back(row);
  }
  claims_.clear();
}

void Rounds::finish() {
  arm_refresh();
  if (trace_.as_array().empty()) return;
  const std::string id = std::to_string(step_.event().sequence.value);
  Json& fields =
      step_.edit(model::kTrace, std::string(20 - std::min<size_t>(20, id.size()), '0') + id).fields;
  if (!fields.find("did")) fields.set("did", Json::array());
  for (const Json& row : trace_.as_array()) fields.edit("did")->push_back(row);
  fields.set("version", definitions_.version).set("at", format_time(now_));
  for (const Json& row : trace_.as_array()) {
    const auto about = row.text("about");
    for (std::string_view id : {about.substr(about.find('/') + 1), row.text("record")})
      if (!id.empty()) append_value(fields, "names", Json(id));
  }
  trace_ = Json::array();
}

}  // namespace rapport::decide
