#include "decide/derived_join.h"

#include <algorithm>

#include "decide/contact_fields.h"
#include "decide/erasing.h"
#include "decide/series.h"
#include "expr/functions/money.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

constexpr size_t kMostOnce = 200;
constexpr size_t kMostSources = 20;

double figure(const Json* object, std::string_view name) {
  const Json* value = object ? object->find(name) : nullptr;
  return value && value->is_number() ? value->as_double() : 0;
}

Json as_number(double value) {
  if (value == static_cast<double>(static_cast<int64_t>(value)))
    return Json(static_cast<int64_t>(value));
  return Json(value);
}

const Json& part_of(const Json& side, std::string_view name) {
  static const Json kNothing = Json::object();
  const Json* part = side.find(name);
  return part ? *part : kNothing;
}

Json& member(Json& object, std::string_view name) {
  if (!object.find(name)) object.set(name, Json::object());
  return *object.edit(name);
}

// One contact into another.
class DerivedJoin {
 public:
  DerivedJoin(Step& step, const Definitions* definitions, RecordKey kept, RecordKey merged)
      : step_(step),
        definitions_(definitions),
        kept_(std::move(kept)),
        merged_(std::move(merged)) {}

  void join();

 private:
  void take_missing(std::string_view part, const Json& theirs);
  void series(const Json& theirs);
  void scores(const Json& theirs);
  void once(const Json& theirs);
  void acted(const Json& theirs);
  void segments(const Json& theirs);
  void signals(const Json& theirs);
  void stages(const Json& theirs);
  void rollups(const Json& theirs);
  void point_elsewhere();
  const Json* merged_field(const std::string& name) const {
    const Record* before = step_.before(merged_);
    return before ? before->fields.find(name) : nullptr;
  }
  Json& fields() { return step_.edit(kept_.type, kept_.id).fields; }

  Step& step_;
  const Definitions* definitions_;
  RecordKey kept_, merged_;
  Json mine_ = Json::object();
};

void DerivedJoin::take_missing(std::string_view part, const Json& theirs) {
  for (const auto& [name, value] : part_of(theirs, part).as_object()) {
    const Json* known = part_of(mine_, part).find(name);
    if (!known || known->is_null()) member(mine_, part).set(name, value);
  }
}

void DerivedJoin::series(const Json& theirs) {
  if (definitions_) {
    for (const CompiledMetric& metric : definitions_->metrics) {
      const std::string& name = metric.metric.name;
      const auto own = part_of(mine_, "series").text(name),
                 other = part_of(theirs, "series").text(name);
      if (own.empty() || other.empty()) continue;
      auto joined = Series::read(metric.metric, own);
      const auto added = Series::read(metric.metric, other);
      if (!joined.ok() || !added.ok()) continue;
      joined->merge(*added);
      member(mine_, "series").set(name, joined->text());
    }
  }
  take_missing("series", theirs);
}

void DerivedJoin::scores(const Json& theirs) {
  for (const auto& [id, other] : part_of(theirs, "scores").as_object()) {
    const CompiledScore* score = definitions_ ? definitions_->score(std::string_view(id)) : nullptr;
    const Json* own = part_of(mine_, "scores").find(id);
    if (!own || !score) continue;
    Json joined = *own;
    if (own->find("total") || other.find("total")) {
      const auto total = [&](const Json& of) {
        return of.find("total") ? figure(&of, "total") : score->spec->start;
      };
      double sum = total(*own) + total(other) - score->spec->start;
      if (score->spec->least) sum = std::max(sum, *score->spec->least);
      if (score->spec->most) sum = std::min(sum, *score->spec->most);
      joined.set("total", as_number(sum));
    }
    for (const auto& [line, row] : part_of(other, "lines").as_object()) {
      Json& to = member(member(joined, "lines"), line);
      to.set("n", to.integer("n") + row.integer("n"));
      to.set("sum", as_number(figure(&to, "sum") + figure(&row, "sum")));
      std::vector<int64_t> events;
      for (const Json* one : {static_cast<const Json*>(&to), &row})
        for (const Json& event : values_of(*one, "events")) events.push_back(event.as_int());
      std::sort(events.begin(), events.end());
      if (events.size() > kMostSources) events.erase(events.begin(), events.end() - kMostSources);
      Json::Array all;
      for (int64_t event : events) all.push_back(Json(event));
      to.set("events", Json(std::move(all)));
    }
    member(mine_, "scores").set(id, std::move(joined));
  }
  take_missing("scores", theirs);
}

// What was done for the merged contact was done for this one.
void DerivedJoin::once(const Json& theirs) {
  for (const auto& [what, names] : part_of(theirs, "once").as_object()) {
    Json& all = member(mine_, "once");
    if (!all.find(what)) all.set(what, Json::array());
    auto& to = all.edit(what)->edit_array();
    for (const Json& name : names.as_array()) {
      const Json known = name == Json(merged_.id) ? Json(kept_.id) : name;
      if (std::find(to.begin(), to.end(), known) == to.end()) to.push_back(known);
    }
    if (to.size() > kMostOnce)
      to.erase(to.begin(), to.begin() + static_cast<ptrdiff_t>(to.size() - kMostOnce));
  }
}

void DerivedJoin::acted(const Json& theirs) {
  for (const auto& [rule, at] : part_of(theirs, "acted").as_object()) {
    Json& all = member(mine_, "acted");
    all.set(rule, std::max(all.integer(rule, at.as_int()), at.as_int()));
  }
}

void DerivedJoin::segments(const Json& theirs) {
  for (const auto& [id, since] : part_of(theirs, "segments").as_object()) {
    Json& all = member(mine_, "segments");
    const Json* own = all.find(id);
    if (!own || own->is_null() || (since.is_string() && since.as_string() < own->as_string()))
      all.set(id, since);
  }
  Json names = Json::array();
  for (const auto& [id, since] : part_of(mine_, "segments").as_object())
    if (!since.is_null()) names.push_back(Json(std::string_view(id)));
  if (!names.as_array().empty()) fields().set("segments", std::move(names));
}

// Of two open ones of a kind one is enough.
void DerivedJoin::signals(const Json& theirs) {
  for (const auto& [id, record] : part_of(theirs, "signals").as_object()) {
    const Json* own = part_of(mine_, "signals").find(id);
    const bool both = own && !own->is_null();
    if (!both || !record.is_string() || *own == record) continue;
    if (!step_.find(model::kObject, record.as_string())) continue;
    Json& closed = step_.edit(model::kObject, record.as_string()).fields;
    closed.set("status", "cleared").set("cleared_at", format_time(step_.event().received_at));
  }
  take_missing("signals", theirs);
}

// A stage that only the merged one has stands on the record too.
void DerivedJoin::stages(const Json& theirs) {
  if (definitions_) {
    for (const auto& [id, stage] : part_of(theirs, "stages").as_object()) {
      const CompiledLifecycle* lifecycle = definitions_->lifecycle(std::string_view(id));
      if (!lifecycle || part_of(mine_, "stages").find(id)) continue;
      for (const char* suffix :
           {"", "_since", "_reason", "_overdue", "_probability", "_typical_days"}) {
        const std::string name = lifecycle->spec->field + suffix;
        if (const Json* value = merged_field(name)) fields().set(name, *value);
      }
    }
  }
  take_missing("stages", theirs);
}

void DerivedJoin::rollups(const Json& theirs) {
  for (const auto& [id, other] : part_of(theirs, "rollups").as_object()) {
    const std::string name{std::string_view(id)};
    const Json* value = merged_field(name);
    const Json* own = part_of(mine_, "rollups").find(id);
    if (!own) {
      if (value) fields().set(name, *value);
      continue;
    }
    Json& state = *member(mine_, "rollups").edit(id);
    state.set("n", own->integer("n") + other.integer("n"));
    if (!other.find("sum")) {
      fields().set(name, state.integer("n"));
      continue;
    }
    state.set("sum", own->integer("sum") + other.integer("sum"));
    const Json* shown = fields().find(name);
    const auto money =
        shown && shown->is_string() ? expr::read_money(shown->as_string()) : std::nullopt;
    if (money) {
      std::string text;
      expr::append_money(text, {state.integer("sum"), money->currency});
      fields().set(name, text);
    } else {
      const CompiledRollup* rollup = nullptr;
      if (definitions_)
        for (const CompiledRollup& one : definitions_->rollups)
          if (one.spec->id == name) rollup = &one;
      double sum = static_cast<double>(state.integer("sum")) / 1e6;
      if (rollup && rollup->spec->measure == RollupMeasure::kAverage && state.integer("n") > 0)
        sum /= static_cast<double>(state.integer("n"));
      fields().set(name, sum);
    }
  }
  take_missing("rollups", theirs);
}

// Records that name the merged contact name the kept one.
void DerivedJoin::point_elsewhere() {
  const std::string from = merged_.type + "/" + merged_.id, to = kept_.type + "/" + kept_.id;
  const auto point = [&](std::string_view type, std::string_view field) {
    for (const std::string& id : step_.ids_with(type, field, from))
      step_.edit(type, id).fields.set(field, to);
  };
  point(model::kObject, "about");
  point(model::kObject, "of");
  point(model::kTask, "about");
}

void DerivedJoin::join() {
  const RecordKey theirs_key = derived_key(merged_), mine_key = derived_key(kept_);
  const Record* theirs = step_.find(theirs_key.type, theirs_key.id);
  disarm_all(step_, definitions_, merged_);
  if (definitions_ || theirs) point_elsewhere();
  if (!theirs) return;
  const Json other = theirs->fields;
  if (const Record* mine = step_.find(mine_key.type, mine_key.id)) mine_ = mine->fields;
  series(other);
  scores(other);
  once(other);
  acted(other);
  segments(other);
  signals(other);
  stages(other);
  rollups(other);
  if (!mine_.find("sla"))
    if (const Json* clocks = other.find("sla")) mine_.set("sla", *clocks);
  mine_.erase("version");     // everything is derived again
  mine_.erase("refresh_at");  // and the next change armed
  step_.edit(mine_key.type, mine_key.id).fields = std::move(mine_);
  step_.remove(theirs_key.type, theirs_key.id);
}

// Cheap for nearly every event: only one that ties subjects together can join contacts.
bool may_join(const model::Event& event) {
  return event.type == model::kContactsMerged ||
         std::any_of(event.identities.begin(), event.identities.end(), [&](const auto& identity) {
           return identity.subject.value != 0 && identity.subject != event.subject;
         });
}

}  // namespace

void join_derived(Step& step, const Definitions* definitions) {
  if (!may_join(step.event())) return;
  std::vector<RecordKey> gone, there;
  for (const RecordKey& key : step.written()) {
    if (key.type != model::kContact) continue;
    (step.find(key.type, key.id) ? there : gone).push_back(key);
  }
  for (const RecordKey& merged : gone) {
    for (const RecordKey& kept : there) {
      const auto& former = values_of(step.find(kept.type, kept.id)->fields, "former_ids");
      if (std::find(former.begin(), former.end(), Json(merged.id)) == former.end()) continue;
      DerivedJoin(step, definitions, kept, merged).join();
      break;
    }
  }
}

void remake_derived(Rounds& rounds, const Split& split) {
  if (split.contacts.empty()) return;
  Step& step = rounds.step();
  const Definitions& definitions = rounds.definitions();
  const RecordKey whole = derived_key({std::string(model::kContact), split.whole});
  const Record* before = step.find(whole.type, whole.id);
  const Json kept = before ? before->fields : Json::object();
  std::set<std::string> lines;  // what counts points is counted again
  for (const CompiledScore& score : definitions.scores)
    for (const CompiledLine& line : score.lines) lines.insert(score.spec->id + "/" + line.spec->id);
  std::vector<RecordKey> contacts;
  for (const std::string& id : split.contacts) {
    const RecordKey& key = contacts.emplace_back(std::string(model::kContact), id);
    forget_derived(step, &definitions, key);
    Json done = Json::object();
    for (const auto& [what, names] : part_of(kept, "once").as_object()) {
      if (lines.contains(std::string(std::string_view(what)))) continue;
      Json own = Json::array();
      for (const Json& name : names.as_array())
        own.push_back(name == Json(split.whole) ? Json(id) : name);
      done.set(what, std::move(own));
    }
    if (!done.as_object().empty()) rounds.derived(key).set("once", std::move(done));
    if (const Json* acted = kept.find("acted")) rounds.derived(key).set("acted", *acted);
  }
  rounds.remake(contacts, split.events);
}

}  // namespace rapport::decide
