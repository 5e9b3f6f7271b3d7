// Figures that grow with events and with the records beneath a record.
#include <fmt/format.h>

#include <algorithm>

#include "decide/clocks.h"
#include "decide/deriving.h"
#include "decide/differences.h"
#include "decide/rounds.h"
#include "decide/said.h"
#include "decide/series.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

constexpr size_t kMostOnce = 200;  // records a rule or a line remembers to have acted for

std::optional<Given> given(const expr::Value& value) {
  switch (value.kind()) {
    case expr::Kind::kInt:
      if (const auto number = decimal(value.as_int())) return Given(*number);
      return std::nullopt;
    case expr::Kind::kDouble:
      if (const auto number = decimal(value.as_double())) return Given(*number);
      return std::nullopt;
    case expr::Kind::kMoney:
      return Given(value.as_money());
    case expr::Kind::kString:
      return Given(value.as_text());
    default:
      return std::nullopt;
  }
}

}  // namespace

void Rounds::count_one(const CompiledMetric& metric, const model::Event& event,
                       const Scene& scene) {
  const std::string& id = scene.id(metric.object);
  if (id.empty()) return;
  Evaluation evaluation(step_, definitions_, scene);
  if (!evaluation.holds(metric.where)) return;
  Given value;
  if (metric.value) {
    const auto found = given(evaluation.value(metric.value));
    if (!found) return;
    value = *found;
  }
  const RecordKey key = key_of(definitions_, metric.object, id);
  const Json* side = derived_now(key);
  const Json* all = side ? side->find("series") : nullptr;
  auto series = Series::read(metric.metric, all ? all->text(metric.metric.name) : "");
  CHECK(series.ok());
  if (series->add(*definitions_.zone, event.at, value) != Added::kYes) return;
  Json& fields = derived(key);
  if (!fields.find("series")) fields.set("series", Json::object());
  fields.edit("series")->set(metric.metric.name, series->text());
  Touched& touched = touched_[key];
  touched.object = metric.object;
  touched.dirty.insert(metric.field);
}

void Rounds::count(const model::Event& event, const Scene& scene) {
  const auto numbers = definitions_.metrics_on.find(event.type);
  if (numbers == definitions_.metrics_on.end()) return;
  for (const uint32_t number : numbers->second)
    count_one(definitions_.metrics[number], event, scene);
}

namespace {

// What one child gives to a rollup.
struct Share {
  std::string owner;
  int64_t count = 0;
  Json value;  // number, or money as text
};

double amount(const Json& value) {
  return value.is_number() ? value.as_double() : 0;
}

}  // namespace

// A record beneath others has changed: its share is taken away and given anew.
void Rounds::roll_up(const RecordKey& key, uint32_t object, const Json* before,
                     const Differences& differences) {
  const bool there = step_.find(key.type, key.id) != nullptr;
  for (const uint32_t number : definitions_.plans[object].rollups_as_child) {
    const CompiledRollup& rollup = definitions_.rollups[number];
    const bool known = before && there && !rollup.reads_more;
    if (known && !differences.fields().meets(rollup.reads) && !differences.any_of(rollup.owners))
      continue;
    const std::string& owner = definitions_.vocabulary.object(rollup.object).name;
    const auto share = [&](const Record& child) {
      Share share;
      share.owner = rollup.spec->via.empty() ? owner_id(step_, definitions_, child, owner)
                                             : std::string(child.fields.text(rollup.spec->via));
      Scene scene(definitions_, now_);
      scene.set(object, child.key.id);
      Evaluation evaluation(step_, definitions_, scene);
      evaluation.view().show_instead(object, &child);
      if (share.owner.empty() || !evaluation.holds(rollup.where)) return Share{};
      share.count = 1;
      if (!rollup.value) return share;
      const auto value = evaluation.json({Json(), rollup.value});
      if (!value || value->is_null()) return Share{};
      share.value = *value;
      return share;
    };
    Share old, fresh;
    if (before) {
      Record child;
      child.key = key;
      child.fields = *before;
      old = share(child);
    }
    if (const Record* child = step_.find(key.type, key.id)) fresh = share(*child);
    if (old.owner == fresh.owner && old.count == fresh.count && old.value == fresh.value) continue;
    if (old.count) add_share(rollup, old.owner, old.value, -1);
    if (fresh.count) add_share(rollup, fresh.owner, fresh.value, 1);
  }
}

// Sums are kept in millionths or minor units, so that they are exact whatever the order.
void Rounds::add_share(const CompiledRollup& rollup, const std::string& owner, const Json& value,
                       int sign) {
  const RecordKey key = key_of(definitions_, rollup.object, owner);
  if (!step_.find(key.type, key.id)) return;
  Json& fields = derived(key);
  if (!fields.find("rollups")) fields.set("rollups", Json::object());
  Json& all = *fields.edit("rollups");
  const std::string& name = rollup.spec->id;
  if (!all.find(name)) all.set(name, Json::object());
  Json& state = *all.edit(name);
  const int64_t count = state.integer("n") + sign;
  state.set("n", count);
  const auto& field = definitions_.vocabulary.object(rollup.object).fields[rollup.field];
  Json made = count;
  if (rollup.spec->measure != RollupMeasure::kCount) {
    int64_t sum = state.integer("sum");
    if (field.type == FieldType::kMoney) {
      expr::Arena arena;
      const auto money = show(value, FieldType::kMoney, definitions_, Json(), arena);
      if (!money.is(expr::Kind::kMoney)) return;
      sum += sign * money.as_money().minor;
      expr::Arena told;
      made = *store_value(expr::Value::money({sum, money.as_money().currency}), told);
    } else {
      const auto number = decimal(amount(value));
      sum += sign * (number ? number->millionths : 0);
      made = static_cast<double>(sum) / 1e6;
      if (rollup.spec->measure == RollupMeasure::kAverage)
        made =
            count > 0 ? Json(static_cast<double>(sum) / 1e6 / static_cast<double>(count)) : Json();
    }
    state.set("sum", sum);
  }
  rolled_.emplace_back(key, std::pair(field.name, std::move(made)));
}

void Rounds::take_up_rollups() {
  // Looked at before anything is made of them: a sum may itself be part of another.
  for (int pass = 0; pass < kMostRounds && !rolled_.empty(); ++pass) {
    for (const auto& [key, change] : std::exchange(rolled_, {}))
      write(key, change.first, change.second);
    look();
  }
}

void Rounds::add_points(const Occurrence& occurrence, const Scene& scene) {
  const auto lines = definitions_.lines_on.find(occurrence.name);
  if (lines == definitions_.lines_on.end()) return;
  Evaluation evaluation(step_, definitions_, scene);
  for (const auto& [score, line] : lines->second) {
    const CompiledScore& of = definitions_.scores[score];
    if (!add_line(*this, of, of.lines[line], scene, evaluation)) continue;
    const RecordKey key = key_of(definitions_, of.object, scene.id(of.object));
    Touched& touched = touched_[key];
    touched.object = of.object;
    const auto& numbers = definitions_.vocabulary.object(of.object).numbers;
    touched.dirty.insert(numbers.find(of.spec->id)->second);
  }
}

void Rounds::remake(const std::vector<RecordKey>& records,
                    const std::vector<const model::Event*>& events) {
  const uint32_t contact = definitions_.vocabulary.find_object(model::kContact);
  for (const model::Event* event : events) {
    if (event->origin != model::Origin::kTracked) continue;
    Scene scene = scene_of(step_, definitions_, *event, event->received_at);
    const RecordKey key{std::string(model::kContact), scene.id(contact)};
    if (std::find(records.begin(), records.end(), key) == records.end()) continue;
    if (definitions_.reads_said) scene.set_said(read_said(definitions_.reader.get(), *event));
    if (const auto on = definitions_.metrics_on.find(event->type);
        on != definitions_.metrics_on.end())
      for (const uint32_t number : on->second)
        if (definitions_.metrics[number].object == contact)
          count_one(definitions_.metrics[number], *event, scene);
    const auto on = definitions_.lines_on.find(event->type);
    if (on == definitions_.lines_on.end()) continue;
    Evaluation evaluation(step_, definitions_, scene);
    for (const auto& [score, line] : on->second)
      if (const CompiledScore& of = definitions_.scores[score]; of.object == contact)
        add_line(*this, of, of.lines[line], scene, evaluation);
  }
  for (const RecordKey& key : records) touched_[key].object = contact;
  settle();
  happened_.clear();
}

// Remembers that something was done for a record: false when it was before.
bool Rounds::once(const RecordKey& key, std::string_view what, std::string_view name) {
  const Json* side = derived_now(key);
  const Json* all = side ? side->find("once") : nullptr;
  const Json* done = all ? all->find(what) : nullptr;
  if (done && std::find(done->as_array().begin(), done->as_array().end(), Json(name)) !=
                  done->as_array().end())
    return false;
  Json& fields = derived(key);
  if (!fields.find("once")) fields.set("once", Json::object());
  Json& kept = *fields.edit("once");
  if (!kept.find(what)) kept.set(what, Json::array());
  auto& names = kept.edit(what)->edit_array();
  names.push_back(Json(name));
  if (names.size() > kMostOnce) names.erase(names.begin());
  return true;
}

// Of `<object>.changed`: whether one of the fields the rule waits for has changed.
bool Rounds::waits_for(const Rule& rule, const Occurrence& occurrence) const {
  const RuleSpec* spec = rule.spec;
  if (!spec || spec->changed.empty()) return true;
  const Json* fields = occurrence.trigger.find("fields");
  return fields && fields->is_array() &&
         std::any_of(spec->changed.begin(), spec->changed.end(), [&](const auto& name) {
           const auto& all = fields->as_array();
           return std::find(all.begin(), all.end(), Json(name)) != all.end();
         });
}

bool Rounds::may_act(const Rule& rule, const Occurrence& occurrence, const Scene& scene) {
  const RuleSpec* spec = rule.spec;
  if (!spec) return true;
  RecordKey about = occurrence.record;
  if (spec->once_per != "event") {
    const uint32_t object = definitions_.vocabulary.find_object(spec->once_per);
    if (object == Vocabulary::kNone || scene.id(object).empty()) return false;
    about = key_of(definitions_, object, scene.id(object));
  }
  if (spec->debounce.value > 0) {
    step_.arm({now_ + spec->debounce, "debounce/" + rule.name + "/" + about.type + "/" + about.id,
               about, "debounce/" + rule.name});
    return false;
  }
  if (spec->cooldown.value > 0) {
    const Json* side = derived_now(about);
    const Json* last = side ? side->find("acted") : nullptr;
    const int64_t at = last ? last->integer(rule.name) : 0;
    if (last && last->find(rule.name) && now_.value - at < spec->cooldown.value) return false;
    Json& fields = derived(about);
    if (!fields.find("acted")) fields.set("acted", Json::object());
    fields.edit("acted")->set(rule.name, now_.value);
    return true;
  }
  return spec->once_per == "event" || once(about, rule.name, about.id);
}

bool Rounds::claim(const RecordKey& key, const std::string& field, const std::string& rule) {
  const auto [at, mine] = claims_.try_emplace({key, field}, rule);
  if (mine || at->second == rule) return true;
  note(rule, "lost",
       Json::object()
           .set("field", key.type + "." + field)
           .set("record", key.id)
           .set("to", at->second));
  return false;
}

void Rounds::look_again(const RecordKey& key, std::string_view field) {
  const uint32_t object = object_of(step_, definitions_, key);
  const auto& numbers = definitions_.vocabulary.object(object).numbers;
  const auto it = numbers.find(field);
  if (it == numbers.end()) return;
  ++changes_;
  Touched& touched = touched_[key];
  touched.object = object;
  for (const Derivation& derivation : definitions_.plans[object].derivations)
    if (std::find(derivation.makes.begin(), derivation.makes.end(), it->second) !=
        derivation.makes.end())
      touched.dirty.merge(derivation.read_set);
}

void Rounds::act_late(std::string_view name, const RecordKey& record) {
  for (const Rule& rule : definitions_.rules) {
    if (rule.name != name || !step_.find(record.type, record.id)) continue;
    Scene scene = scene_of(step_, definitions_, record, now_);
    Evaluation evaluation(step_, definitions_, scene);
    if (evaluation.holds(rule.when)) prepare(rule, {std::string(name), record}, scene, evaluation);
  }
  act();
  go_on();
}

// One timer per record, at the first moment at which a figure of it may change by itself. An
// earlier one is left standing: it looks again.
void Rounds::arm_refresh() {
  for (const auto& [key, refresh] : std::exchange(to_refresh_, {})) {
    const Record* record = step_.find(key.type, key.id);
    if (!record) continue;
    const uint32_t object = object_of(definitions_, *record);
    const Json* side = derived_now(key);
    const int64_t armed = side ? side->integer("refresh_at") : 0;
    // What has not been made again was looked at when the timer was armed.
    auto due = next_change(key, object, refresh.all || armed == 0 ? nullptr : &refresh.changed);
    if (soon_.erase(key) > 0) due = now_ + seconds(1);
    if (!due || (armed != 0 && armed <= due->value)) continue;
    derived(key).set("refresh_at", due->value);
    step_.arm({*due, "refresh/" + key.type + "/" + key.id, key, "refresh"});
  }
}

std::optional<Micros> Rounds::next_change(const RecordKey& key, uint32_t object,
                                          const FieldSet* changed) const {
  const Json* side = derived_now(key);
  const Json* all = side ? side->find("series") : nullptr;
  std::optional<Micros> next;
  const auto take = [&](std::optional<Micros> at) {
    if (at && *at > now_ && (!next || *at < *next)) next = at;
  };
  for (const uint32_t number : definitions_.plans[object].metrics) {
    const CompiledMetric& metric = definitions_.metrics[number];
    if (!metric.watched || !all || (changed && !changed->contains(metric.field))) continue;
    const Json* kept = all->find(metric.metric.name);
    if (!kept) continue;
    const auto series = Series::read(metric.metric, kept->as_string());
    if (series.ok()) take(series->next_change(*definitions_.zone, now_));
  }
  Scene scene(definitions_, now_);
  scene.set(object, key.id);
  SceneView view(step_, definitions_, scene);
  for (const uint32_t number : definitions_.plans[object].clocks) {
    const CompiledClock& clock = definitions_.clocks[number];
    if (changed && !changed->contains(clock.field)) continue;
    const Field& of = definitions_.vocabulary.object(object).fields[clock.from];
    if (const auto at = view.instant_of(object, clock.from))
      take(next_tick(*clock.spec, of.type, *at, *definitions_.zone, now_));
  }
  take(next_score_change(*this, key, object, changed));
  take(next_stage_change(*this, key, object, changed));
  return next;
}

}  // namespace rapport::decide
