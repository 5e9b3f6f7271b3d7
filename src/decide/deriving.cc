#include "decide/deriving.h"

#include <algorithm>

#include "decide/differences.h"

namespace rapport::decide {

using model::Record;

void Deriving::set(std::string_view field, const Json& value) {
  const Record* record = rounds_.step().find(key_.type, key_.id);
  if (!record) return;
  const Json* old = record->fields.find(field);
  if (old ? *old == value : value.is_null()) return;
  Json& fields = rounds_.step().edit(key_.type, key_.id).fields;
  if (value.is_null()) {
    fields.erase(field);
  } else {
    fields.set(field, value);
  }
  const auto& numbers = definitions_.vocabulary.object(object_).numbers;
  const auto it = numbers.find(field);
  if (it == numbers.end()) return;
  dirty_.insert(it->second);
  for (const uint32_t clock : definitions_.plans[object_].clocks)
    if (definitions_.clocks[clock].from == it->second)
      dirty_.insert(definitions_.clocks[clock].field);
}

void Deriving::tell(std::string name, Json trigger) {
  trigger.set("name", name);
  rounds_.tell({std::move(name), key_, std::move(trigger)});
}

std::optional<double> Deriving::number(std::string_view field) const {
  const Record* record = rounds_.step().find(key_.type, key_.id);
  const Json* value = record ? record->fields.find(field) : nullptr;
  if (!value || !value->is_number()) return std::nullopt;
  return value->as_double();
}

void Deriving::computed(const CompiledComputed& computed) {
  const Field& field = definitions_.vocabulary.object(object_).fields[computed.field];
  const auto value = evaluation_.json({Json(), computed.is});
  set(field.name, value ? *value : Json());
}

// What does not hold when first looked at is told of when it does.
void Deriving::note_looked_at(std::string_view part, const std::string& id) {
  Json& all = rounds_.derived(key_);
  if (!all.find(part)) all.set(part, Json::object());
  all.edit(part)->set(id, nullptr);
}

void Deriving::signal(const CompiledSignal& signal) {
  const SignalSpec& spec = *signal.spec;
  const bool holds = evaluation_.holds(signal.when);
  const Json* side = rounds_.derived_now(key_);
  const Json* told = side ? side->find("signals") : nullptr;
  const Json* open = told ? told->find(spec.id) : nullptr;
  const bool held = open && !open->is_null();
  if (!holds && !open && rounds_.was_there_before(key_, spec.pack))
    return note_looked_at("signals", spec.id);
  if (holds == held) return;
  Json& all = rounds_.derived(key_);
  if (!all.find("signals")) all.set("signals", Json::object());
  if (!holds) {
    const std::string record(open->is_string() ? open->as_string() : std::string_view());
    all.edit("signals")->set(spec.id, nullptr);
    if (!record.empty()) {
      rounds_.write({std::string(model::kObject), record}, "status", "cleared");
      rounds_.write({std::string(model::kObject), record}, "cleared_at", format_time(now()));
    }
    tell(spec.id + ".cleared");
    return;
  }
  if (!open && rounds_.was_there_before(key_, spec.pack)) {
    all.edit("signals")->set(spec.id, true);
    return;
  }
  const auto value = evaluation_.json(signal.value);
  const auto key = rounds_.make(
      "signal", rounds_.id_for("sig", {spec.id, key_.type, key_.id, format_time_micros(now())}),
      whole_scene());
  rounds_.derived(key_).edit("signals")->set(spec.id, key.id);
  const auto put = [&](std::string_view field, const Json& to) { rounds_.write(key, field, to); };
  put("name", spec.id);
  put("severity", spec.severity);
  put("says", spec.says);
  put("of", key_.type + "/" + key_.id);
  if (value) put("value", *value);
  put("threshold", spec.threshold);
  put("status", "open");
  put("raised_at", format_time(now()));
  Json trigger = Json::object();
  trigger.set("severity", spec.severity).set("reason", spec.says);
  if (value) trigger.set("value", *value);
  tell(spec.id, trigger);
  for (const std::string& name : spec.also) tell(name, trigger);
}

void Deriving::segment(const CompiledSegment& segment) {
  const std::string& id = segment.spec->id;
  const bool holds = evaluation_.holds(segment.when);
  const Json* side = rounds_.derived_now(key_);
  const Json* all = side ? side->find("segments") : nullptr;
  const Json* since = all ? all->find(id) : nullptr;
  const bool held = since && !since->is_null();
  if (!holds && !since && rounds_.was_there_before(key_, segment.spec->pack))
    return note_looked_at("segments", id);
  if (holds == held) return;
  Json& mine = rounds_.derived(key_);
  if (!mine.find("segments")) mine.set("segments", Json::object());
  mine.edit("segments")->set(id, holds ? Json(format_time(now())) : Json());
  const Record* record = rounds_.step().find(key_.type, key_.id);
  Json names = Json::array();
  if (const Json* known = record->fields.find("segments"); known && known->is_array())
    for (const Json& name : known->as_array())
      if (!(name == Json(id))) names.push_back(name);
  if (holds) names.push_back(id);
  set("segments", names);
  if (holds && !since && rounds_.was_there_before(key_, segment.spec->pack)) return;
  tell("segment." + id + (holds ? ".entered" : ".left"));
}

void Deriving::derive(const Derivation& derivation) {
  switch (derivation.kind) {
    case Derivation::Kind::kComputed:
      return computed(definitions_.computed[derivation.number]);
    case Derivation::Kind::kScore:
      return derive_score(*this, definitions_.scores[derivation.number]);
    case Derivation::Kind::kSignal:
      return signal(definitions_.signals[derivation.number]);
    case Derivation::Kind::kSegment:
      return segment(definitions_.segments[derivation.number]);
    case Derivation::Kind::kLifecycle:
      return derive_lifecycle(*this, definitions_.lifecycles[derivation.number]);
  }
}

bool Deriving::run() {
  const ObjectPlan& plan = definitions_.plans[object_];
  // Of a new record, or under other definitions than the last time: everything.
  const Json* side = rounds_.derived_now(key_);
  const bool all = !side || side->text("version") != definitions_.version;
  if (all && !plan.derivations.empty()) rounds_.derived(key_).set("version", definitions_.version);
  for (const uint32_t clock : plan.clocks)
    if (dirty_.contains(definitions_.clocks[clock].from))
      dirty_.insert(definitions_.clocks[clock].field);
  FieldSet moved;
  for (const Derivation& derivation : plan.derivations) {
    if (!all && !derivation.read_set.meets(dirty_)) continue;
    if (derivation.kind != Derivation::Kind::kLifecycle) {
      derive(derivation);
      continue;
    }
    const Json before = fields();
    derive(derivation);
    const Json now = fields();
    moved.merge(Differences(definitions_.vocabulary.object(object_), before, now).fields());
  }
  // Stages come last; what reads them is made once more.
  if (moved.empty()) return all;
  dirty_.merge(moved);
  for (const Derivation& derivation : plan.derivations)
    if (derivation.kind != Derivation::Kind::kLifecycle && derivation.read_set.meets(moved))
      derive(derivation);
  return all;
}

Json Deriving::fields() const {
  const Record* record = rounds_.step().find(key_.type, key_.id);
  return record ? record->fields : Json::object();
}

}  // namespace rapport::decide
