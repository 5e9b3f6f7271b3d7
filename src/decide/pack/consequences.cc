#include "decide/pack/consequences.h"

#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

void add_inputs(const Formula& formula, std::set<std::string>& inputs) {
  add_field_names(formula.text, inputs);
}

}  // namespace

Consequences::Consequences(std::span<const PackSpec> packs, const Names& names) {
  for (const PackSpec& pack : packs) {
    add_objects(pack);
    add_rollups(pack);
    add_scores(pack);
    add_conditions(pack);
    for (const LifecycleSpec& lifecycle : pack.lifecycles) add_lifecycle(lifecycle, names);
  }
}

void Consequences::add(Derivation derivation) {
  for (const std::string& input : derivation.inputs) {
    by_input_[input].push_back(derivations_.size());
  }
  derivations_.push_back(std::move(derivation));
}

void Consequences::add_objects(const PackSpec& pack) {
  for (const ObjectSpec& object : pack.objects) {
    for (const FieldSpec& field : object.fields) {
      if (!field.is.empty()) add({field_names(field.is), {object.id + "." + field.id}});
    }
  }
  for (const Metric& metric : pack.metrics) {
    Derivation counted{{}, {metric.of + "." + metric.name}};
    for (const std::string& event : metric.on) counted.inputs.insert("@" + event);
    add(std::move(counted));
  }
  for (const ClockSpec& clock : pack.clocks) {
    add({field_names(clock.at), {clock.of + "." + clock.id}});
  }
}

void Consequences::add_rollups(const PackSpec& pack) {
  for (const RollupSpec& rollup : pack.rollups) {
    const std::string via = rollup.via.empty() ? rollup.of : rollup.via;
    Derivation made{{"@" + rollup.from + ".created", rollup.from + "." + via},
                    {rollup.of + "." + rollup.id}};
    add_inputs(rollup.value, made.inputs);
    add_inputs(rollup.where, made.inputs);
    add(std::move(made));
  }
}

void Consequences::add_scores(const PackSpec& pack) {
  for (const ScoreSpec& score : pack.scores) {
    Derivation made;
    each_formula(score, [&](const Formula& formula) { add_inputs(formula, made.inputs); });
    for (const PointsLine& line : score.points) {
      for (const std::string& event : line.on) made.inputs.insert("@" + event);
    }
    for (const char* part : {"", "_band", "_previous", "_peak", "_trend"}) {
      made.outputs.insert(score.of + "." + score.id + part);
    }
    made.outputs.insert("@score." + score.id + ".changed");
    for (const Band& band : score.bands) {
      made.outputs.insert("@score." + score.id + "." + band.name + ".entered");
    }
    add(std::move(made));
  }
}

void Consequences::add_conditions(const PackSpec& pack) {
  for (const SignalSpec& signal : pack.signals) {
    Derivation made{
        field_names(signal.when),
        {"@" + signal.id, "@" + signal.id + ".cleared", "@signal.created", "signal.status"}};
    for (const std::string& also : signal.also) {
      made.outputs.insert("@" + also);
      made.outputs.insert("@" + also + ".cleared");
    }
    add(std::move(made));
  }
  for (const SegmentSpec& segment : pack.segments) {
    const std::string name = "@segment." + segment.id;
    add({field_names(segment.when), {name + ".entered", name + ".left"}});
  }
}

void Consequences::add_lifecycle(const LifecycleSpec& lifecycle, const Names& names) {
  const std::string field = lifecycle.of + "." + lifecycle.field;
  const std::string name = "@stage." + lifecycle.id + ".";
  Derivation moved{{}, {field, field + "_since"}};
  for (const StartSpec& start : lifecycle.starts) add_inputs(start.when, moved.inputs);
  for (const MoveSpec& move : lifecycle.moves) add_inputs(move.when, moved.inputs);
  for (const StageSpec& stage : lifecycle.stages) {
    for (const auto* actions : {&stage.enter, &stage.leave}) {
      const bool enters = actions == &stage.enter;
      const std::string event = name + stage.id + (enters ? ".entered" : ".left");
      Derivation acts{{event}, {field, field + "_since"}};
      for (const ActionSpec& action : *actions) {
        for (const Write& write : writes_of(action)) acts.outputs.insert(write.field);
        acts.outputs.merge(events_of(action, names));
      }
      moved.outputs.insert(event);
      add(std::move(acts));
    }
  }
  add(std::move(moved));
}

void Consequences::close(std::set<std::string>& changed) const {
  std::vector<std::string> open(changed.begin(), changed.end());
  std::vector<bool> taken(derivations_.size());
  const auto reach = [&](const std::string& name) {
    if (changed.insert(name).second) open.push_back(name);
  };
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    if (name[0] != '@') reach("@" + name.substr(0, name.find('.')) + ".changed");
    const auto next = by_input_.find(name);
    if (next == by_input_.end()) continue;
    for (const size_t index : next->second) {
      if (taken[index]) continue;
      taken[index] = true;
      for (const std::string& output : derivations_[index].outputs) reach(output);
    }
  }
}

}  // namespace rapport::decide
