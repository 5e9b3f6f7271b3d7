#include "decide/plan_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/yaml.h"
#include "model/record.h"

namespace rapport::decide {

namespace {

using Kind = Derivation::Kind;

class Plans {
 public:
  Plans(Definitions& definitions, std::vector<Error>& errors)
      : definitions_(definitions), errors_(errors) {
    definitions_.plans.resize(definitions_.vocabulary.objects());
  }
  void make();

 private:
  void add(Kind kind, uint32_t number, uint32_t object,
           const std::vector<const Predicate*>& predicates, std::vector<std::string> makes);
  void read(Derivation& derivation, uint32_t object, const Predicate& predicate);
  void refuse(const Place& place, std::string message) {
    errors_.push_back(yaml_error(place.file, place.line, place.column, message));
  }
  void add_score(uint32_t number);
  void add_all();
  void order(uint32_t object);
  void watch_metrics();
  void look_around();

  Definitions& definitions_;
  std::vector<Error>& errors_;
};

void Plans::read(Derivation& derivation, uint32_t object, const Predicate& predicate) {
  const Vocabulary& vocabulary = definitions_.vocabulary;
  const std::string& own = vocabulary.object(object).name;
  for (const std::string& path : predicate.reads) {
    const std::string_view first = std::string_view(path).substr(0, path.find('.'));
    if (first == "setting" || first == "workspace" || path == own + ".id") continue;
    const auto at = vocabulary.field_at(path);
    if (at && at->first == object) {
      derivation.reads.push_back(at->second);
    } else if (first == "now") {
      refuse(predicate.formula.place,
             "'now' does not tell when it changes; declare a clock and read that");
    } else if (first == own) {
      refuse(predicate.formula.place,
             fmt::format("{} is read as a whole; name the field, such as {}.created_at", own, own));
    } else {
      refuse(predicate.formula.place,
             fmt::format("what is derived for {} may read its own fields only: '{}' can change "
                         "while the {} stays as it is. Use a rule that sets a field, or a rollup",
                         own, path, own));
    }
  }
}

void Plans::add(Kind kind, uint32_t number, uint32_t object,
                const std::vector<const Predicate*>& predicates, std::vector<std::string> makes) {
  Derivation derivation{kind, number, {}, {}};
  for (const Predicate* predicate : predicates) read(derivation, object, *predicate);
  const auto& numbers = definitions_.vocabulary.object(object).numbers;
  for (const std::string& name : makes)
    if (const auto it = numbers.find(name); it != numbers.end())
      derivation.makes.push_back(it->second);
  std::sort(derivation.reads.begin(), derivation.reads.end());
  derivation.reads.erase(std::unique(derivation.reads.begin(), derivation.reads.end()),
                         derivation.reads.end());
  definitions_.plans[object].derivations.push_back(std::move(derivation));
}

// What a child's share of a rollup depends on.
void note_rollup_reads(const Definitions& definitions, CompiledRollup& rollup) {
  const Vocabulary& vocabulary = definitions.vocabulary;
  for (const Predicate* predicate : {&rollup.where, &rollup.value}) {
    for (const std::string& path : predicate->reads) {
      const std::string_view first = std::string_view(path).substr(0, path.find('.'));
      if (first == "setting" || first == "workspace") continue;
      const auto at = vocabulary.field_at(path);
      const Field* field = at && at->first == rollup.child
                               ? &vocabulary.object(at->first).fields[at->second]
                               : nullptr;
      rollup.reads_more |=
          !field || field->maker == FieldMaker::kMetric || field->maker == FieldMaker::kClock;
      if (field) rollup.reads.insert(at->second);
    }
  }
  rollup.owners = {"subject", "subject_id", std::string(model::kContact),
                   std::string(model::kAccount), vocabulary.object(rollup.object).name};
  if (!rollup.spec->via.empty()) rollup.owners.push_back(rollup.spec->via);
  // An amount may have its currency beside it, and any field may stand among the traits.
  rollup.owners.insert(rollup.owners.end(), {"currency", "traits"});
}

CompiledScore::Names names_of(const CompiledScore& score) {
  const std::string& id = score.spec->id;
  CompiledScore::Names names{id + "_previous",
                             id + "_peak",
                             id + "_trend",
                             id + "_band",
                             id + "_missing",
                             "score." + id + ".changed",
                             {}};
  const auto add = [&](const std::string& part) {
    std::string field = id + "_" + part;
    const bool known = std::any_of(names.parts.begin(), names.parts.end(),
                                   [&](const auto& one) { return one.field == field; });
    if (!part.empty() && !known) names.parts.push_back({field, field + "_trend"});
  };
  for (const PointsLine& line : score.spec->points) add(line.part);
  for (const WeightedComponent& component : score.spec->components) add(component.id);
  return names;
}

void note_fields(Definitions& definitions) {
  for (CompiledScore& score : definitions.scores) score.names = names_of(score);
  for (const ObjectPlan& plan : definitions.plans)
    for (const Derivation& derivation : plan.derivations)
      if (derivation.kind == Derivation::Kind::kScore)
        for (const uint32_t field : derivation.makes)
          definitions.scores[derivation.number].fields.insert(field);
  for (CompiledLifecycle& lifecycle : definitions.lifecycles) {
    const auto& numbers = definitions.vocabulary.object(lifecycle.object).numbers;
    if (const auto stage = numbers.find(lifecycle.spec->field); stage != numbers.end())
      lifecycle.fields.insert(stage->second);
  }
}

void note_read_sets(Definitions& definitions) {
  for (ObjectPlan& plan : definitions.plans)
    for (Derivation& derivation : plan.derivations)
      for (const uint32_t field : derivation.reads) derivation.read_set.insert(field);
}

void Plans::add_score(uint32_t number) {
  const CompiledScore& score = definitions_.scores[number];
  const std::string& id = score.spec->id;
  std::vector<const Predicate*> predicates{&score.value};
  std::vector<std::string> makes{id,           id + "_band",  id + "_previous",
                                 id + "_peak", id + "_trend", id + "_missing"};
  for (const CompiledLine& line : score.lines) {
    if (!line.spec->standing) continue;
    predicates.push_back(&line.when);
    predicates.push_back(&line.per.predicate);
  }
  for (const PointsLine& line : score.spec->points) makes.push_back(id + "_" + line.part);
  for (const CompiledComponent& component : score.components) {
    makes.push_back(id + "_" + component.spec->id);
    makes.push_back(id + "_" + component.spec->id + "_trend");
    for (const CompiledWeight& metric : component.metrics)
      predicates.push_back(&metric.value.predicate);
  }
  add(Kind::kScore, number, score.object, predicates, std::move(makes));
  // Points of events are noted beside the record: the score itself is then what has changed.
  const auto& numbers = definitions_.vocabulary.object(score.object).numbers;
  if (const auto own = numbers.find(id); own != numbers.end())
    definitions_.plans[score.object].derivations.back().reads.push_back(own->second);
}

void Plans::add_all() {
  const Vocabulary& vocabulary = definitions_.vocabulary;
  for (uint32_t i = 0; i < definitions_.computed.size(); ++i) {
    const CompiledComputed& computed = definitions_.computed[i];
    add(Kind::kComputed, i, computed.object, {&computed.is},
        {vocabulary.object(computed.object).fields[computed.field].name});
  }
  for (uint32_t i = 0; i < definitions_.scores.size(); ++i) add_score(i);
  for (uint32_t i = 0; i < definitions_.signals.size(); ++i) {
    const CompiledSignal& signal = definitions_.signals[i];
    add(Kind::kSignal, i, signal.object, {&signal.when, &signal.value.predicate}, {});
  }
  for (uint32_t i = 0; i < definitions_.segments.size(); ++i)
    add(Kind::kSegment, i, definitions_.segments[i].object, {&definitions_.segments[i].when}, {});
  for (uint32_t i = 0; i < definitions_.lifecycles.size(); ++i) {
    const CompiledLifecycle& lifecycle = definitions_.lifecycles[i];
    std::vector<const Predicate*> predicates;
    for (const Predicate& start : lifecycle.starts) predicates.push_back(&start);
    for (const Predicate& move : lifecycle.moves) predicates.push_back(&move);
    add(Kind::kLifecycle, i, lifecycle.object, predicates, {});
    // Somebody else may set the stage, and a stay may become overdue.
    const auto& numbers = definitions_.vocabulary.object(lifecycle.object).numbers;
    if (const auto stage = numbers.find(lifecycle.spec->field); stage != numbers.end())
      definitions_.plans[lifecycle.object].derivations.back().reads.push_back(stage->second);
  }
}

// Depth first, in the order of declaration.
void Plans::order(uint32_t object) {
  ObjectPlan& plan = definitions_.plans[object];
  const auto& all = plan.derivations;
  const auto& fields = definitions_.vocabulary.object(object).fields;
  std::vector<uint32_t> maker(fields.size(), ~0u);
  for (uint32_t i = 0; i < all.size(); ++i)
    for (uint32_t field : all[i].makes) maker[field] = i;
  // A clock stands for the field it looks at.
  const auto source_of = [&](uint32_t field) {
    return fields[field].maker == FieldMaker::kClock
               ? definitions_.clocks[fields[field].number].from
               : field;
  };
  enum class Visit : uint8_t { kNew, kOpen, kDone };
  std::vector<Visit> visits(all.size(), Visit::kNew);
  std::vector<Derivation> sorted;
  std::vector<std::string> path;
  bool looped = false;
  const std::function<void(uint32_t)> visit = [&](uint32_t i) {
    if (visits[i] == Visit::kDone || looped) return;
    visits[i] = Visit::kOpen;
    for (uint32_t field : all[i].reads) {
      const uint32_t from = maker[source_of(field)];
      if (from == ~0u) continue;
      if (visits[from] == Visit::kOpen && from != i) {
        looped = true;
      } else if (from == i && all[i].kind == Kind::kComputed) {
        looped = true;
      }
      if (looped) {
        if (path.empty() || path.back() != fields[field].name) path.push_back(fields[field].name);
        const Field& at = fields[field];
        refuse(at.place, fmt::format("{}.{} is derived from itself",
                                     definitions_.vocabulary.object(object).name, at.name));
        return;
      }
      if (from != i) visit(from);
    }
    visits[i] = Visit::kDone;
    sorted.push_back(all[i]);
  };
  // Lifecycles last: at most one move per evaluation, on figures that are all made.
  for (uint32_t i = 0; i < all.size(); ++i)
    if (all[i].kind != Kind::kLifecycle) visit(i);
  for (uint32_t i = 0; i < all.size(); ++i) visit(i);
  if (!looped) plan.derivations = std::move(sorted);
}

void Plans::watch_metrics() {
  std::vector<std::vector<bool>> read(definitions_.plans.size());
  for (uint32_t object = 0; object < definitions_.plans.size(); ++object) {
    read[object].resize(definitions_.vocabulary.object(object).fields.size());
    for (const Derivation& derivation : definitions_.plans[object].derivations)
      for (uint32_t field : derivation.reads) read[object][field] = true;
  }
  for (uint32_t i = 0; i < definitions_.metrics.size(); ++i) {
    CompiledMetric& metric = definitions_.metrics[i];
    metric.watched = read[metric.object][metric.field];
    definitions_.plans[metric.object].metrics.push_back(i);
  }
  for (uint32_t i = 0; i < definitions_.clocks.size(); ++i)
    if (read[definitions_.clocks[i].object][definitions_.clocks[i].field])
      definitions_.plans[definitions_.clocks[i].object].clocks.push_back(i);
  for (uint32_t i = 0; i < definitions_.rollups.size(); ++i)
    definitions_.plans[definitions_.rollups[i].child].rollups_as_child.push_back(i);
}

// What a record of each object may belong to, and whether its making and its changes are waited
// for.
void Plans::look_around() {
  const Vocabulary& vocabulary = definitions_.vocabulary;
  for (uint32_t object = 0; object < definitions_.plans.size(); ++object) {
    const Object& of = vocabulary.object(object);
    ObjectPlan& plan = definitions_.plans[object];
    for (uint32_t other = 0; other < definitions_.plans.size(); ++other) {
      const std::string& name = vocabulary.object(other).name;
      const bool owned = std::any_of(of.belongs_to.begin(), of.belongs_to.end(),
                                     [&](const auto& owner) { return owner.object == name; });
      const bool everywhere = name == "contact" || name == "account";
      if (other != object && (owned || everywhere || of.find(name))) plan.owners.push_back(other);
    }
    const auto waited_for = [&](std::string_view verb) {
      std::string name = of.name + std::string(verb);
      const bool any = definitions_.rules_on.contains(name) ||
                       definitions_.lines_on.contains(name) ||
                       definitions_.metrics_on.contains(name);
      return any ? name : std::string();
    };
    plan.created = waited_for(".created");
    plan.changed = waited_for(".changed");
  }
}

void Plans::make() {
  look_around();
  add_all();
  for (uint32_t object = 0; object < definitions_.plans.size(); ++object) order(object);
  note_read_sets(definitions_);
  note_fields(definitions_);
  for (CompiledRollup& rollup : definitions_.rollups) note_rollup_reads(definitions_, rollup);
  watch_metrics();
}

}  // namespace

void order_derivations(Definitions& definitions, std::vector<Error>& errors) {
  Plans(definitions, errors).make();
}

}  // namespace rapport::decide
