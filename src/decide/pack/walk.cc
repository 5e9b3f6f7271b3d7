#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

using Visit = std::function<void(const Formula&)>;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void visit_one(const Formula& formula, const Visit& visit) {
  if (!formula.empty()) visit(formula);
}

void each_formula(const LifecycleSpec& lifecycle, const Visit& visit) {
  for (const StartSpec& start : lifecycle.starts) visit_one(start.when, visit);
  for (const MoveSpec& move : lifecycle.moves) visit_one(move.when, visit);
}

size_t end_of_name(std::string_view text, size_t at) {
  while (at < text.size() && is_name_byte(text[at])) at++;
  return at;
}

}  // namespace

void each_formula(const ScoreSpec& score, const Visit& visit) {
  visit_one(score.value, visit);
  for (const PointsLine& line : score.points) {
    visit_one(line.condition, visit);
    visit_one(line.per.formula, visit);
  }
  for (const WeightedComponent& component : score.components) {
    for (const WeightedMetric& metric : component.metrics) visit_one(metric.value.formula, visit);
  }
}

void each_formula(const ActionSpec& action, const Visit& visit) {
  for (const ActionSpec::Argument& argument : action.arguments) {
    visit_one(argument.value.formula, visit);
  }
}

void each_formula(const PackSpec& pack, const Visit& visit) {
  for (const ObjectSpec& object : pack.objects) {
    for (const FieldSpec& field : object.fields) visit_one(field.is, visit);
  }
  for (const Metric& metric : pack.metrics) {
    const std::string file = place_of(pack, metric).file;
    for (const ExpressionText* text : {&metric.value, &metric.where}) {
      visit_one({.text = text->text, .place = {file, text->line, text->column}}, visit);
    }
  }
  for (const ClockSpec& clock : pack.clocks) visit_one(clock.at, visit);
  for (const RollupSpec& rollup : pack.rollups) {
    visit_one(rollup.value, visit);
    visit_one(rollup.where, visit);
  }
  for (const ScoreSpec& score : pack.scores) each_formula(score, visit);
  for (const SignalSpec& signal : pack.signals) {
    visit_one(signal.when, visit);
    visit_one(signal.value.formula, visit);
  }
  for (const SegmentSpec& segment : pack.segments) visit_one(segment.when, visit);
  for (const LifecycleSpec& lifecycle : pack.lifecycles) each_formula(lifecycle, visit);
  for (const RuleSpec& rule : pack.rules) visit_one(rule.when, visit);
  each_action(pack, [&](const ActionSpec& action, const Entry&) { each_formula(action, visit); });
  for (const ApprovalSpec& approval : pack.approvals) {
    for (const ApprovalLevel& level : approval.levels) visit_one(level.when, visit);
  }
}

Place place_of(const PackSpec& pack, const Metric& metric) {
  const auto found = pack.places.find("metrics/" + metric.name);
  return found == pack.places.end() ? Place{} : found->second;
}

void each_action(const PackSpec& pack, const VisitAction& visit) {
  for (const LifecycleSpec& lifecycle : pack.lifecycles) {
    for (const StageSpec& stage : lifecycle.stages) {
      for (const ActionSpec& action : stage.enter) visit(action, lifecycle);
      for (const ActionSpec& action : stage.leave) visit(action, lifecycle);
    }
  }
  for (const RuleSpec& rule : pack.rules) {
    for (const ActionSpec& action : rule.actions) visit(action, rule);
  }
}

void add_field_names(std::string_view text, std::set<std::string>& names) {
  for (size_t at = 0; at < text.size();) {
    if (!is_name_byte(text[at])) {
      at++;
      continue;
    }
    const size_t end = end_of_name(text, at);
    size_t next = end;
    if (next < text.size() && text[next] == '.') {
      next++;
      if (next < text.size() && text[next] == '?') next++;
      const size_t stop = end_of_name(text, next);
      if (stop > next) {
        std::string pair(text.substr(at, end - at));
        names.insert(pair.append(".").append(text.substr(next, stop - next)));
      }
    }
    at = end;
  }
}

std::set<std::string> field_names(const Formula& formula) {
  std::set<std::string> names;
  add_field_names(formula.text, names);
  return names;
}

}  // namespace rapport::decide
