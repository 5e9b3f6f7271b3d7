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

// Of rules and stages.
void each_plain_action(const PackSpec& pack, const VisitAction& visit) {
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

void each_escalation(const std::vector<EscalationSpec>& steps,
                     const std::function<void(const ActionSpec&)>& visit) {
  for (const EscalationSpec& step : steps) {
    for (const ActionSpec& action : step.actions) visit(action);
  }
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

void each_step(const std::vector<StepSpec>& steps, const VisitStep& visit) {
  for (const StepSpec& step : steps) {
    visit(step);
    for (const PathSpec& path : step.paths) each_step(path.steps, visit);
  }
}

void each_action(const StepSpec& step, const std::function<void(const ActionSpec&)>& visit) {
  for (const ActionSpec& action : step.actions) visit(action);
  if (step.kind != StepKind::kAsk) return;
  visit(step.ask.action);
  each_escalation(step.ask.escalate, visit);
}

void each_formula(const StepSpec& step, const Visit& visit) {
  visit_one(step.when, visit);
  visit_one(step.wait.until.formula, visit);
  visit_one(step.wait.when, visit);
  visit_one(step.loop, visit);
  for (const PathSpec& path : step.paths) visit_one(path.when, visit);
  each_action(step, [&](const ActionSpec& action) { each_formula(action, visit); });
}

void each_action(const WorkflowSpec& workflow,
                 const std::function<void(const ActionSpec&)>& visit) {
  each_escalation(workflow.escalate, visit);
}

void each_formula(const WorkflowSpec& workflow, const Visit& visit) {
  for (const TriggerSpec& start : workflow.starts) visit_one(start.when, visit);
  if (workflow.goal) visit_one(workflow.goal->when, visit);
  for (const TriggerSpec& exit : workflow.exits) visit_one(exit.when, visit);
  each_action(workflow, [&](const ActionSpec& action) { each_formula(action, visit); });
}

void each_text(const TemplateSpec& made, const VisitText& visit) {
  const auto take = [&](const std::vector<LanguageTexts>& texts, const TemplateVariant* variant) {
    for (const LanguageTexts& one : texts) {
      for (const auto* part : {&one.subject, &one.body, &one.html}) {
        if (*part) visit(**part, variant);
      }
    }
  };
  take(made.texts, nullptr);
  for (const TemplateVariant& variant : made.variants) take(variant.texts, &variant);
}

void each_formula(const TemplateSpec& made, const Visit& visit) {
  for (const VariableSpec& variable : made.variables) visit_one(variable.value.formula, visit);
  for (const TemplateVariant& variant : made.variants) visit_one(variant.when, visit);
  for (const ReceiverSpec* receiver : {&made.from, &made.reply_to}) {
    visit_one(receiver->who.formula, visit);
  }
  for (const ReceiverSpec& receiver : made.cc) visit_one(receiver.who.formula, visit);
  if (made.invite) visit_one(made.invite->starts.formula, visit);
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
  each_plain_action(pack,
                    [&](const ActionSpec& action, const Entry&) { each_formula(action, visit); });
  for (const ApprovalSpec& approval : pack.approvals) {
    for (const ApprovalLevel& level : approval.levels) visit_one(level.when, visit);
  }
  each_flow_formula(pack, visit);
}

void each_flow_formula(const PackSpec& pack, const Visit& visit) {
  for (const WorkflowSpec& workflow : pack.workflows) {
    each_formula(workflow, visit);
    each_step(workflow.steps, [&](const StepSpec& step) { each_formula(step, visit); });
  }
  for (const ScheduleSpec& schedule : pack.schedules) visit_one(schedule.when, visit);
  for (const TemplateSpec& made : pack.templates) each_formula(made, visit);
  for (const VariableSpec& variable : pack.variables) visit_one(variable.value.formula, visit);
  for (const SurveySpec& survey : pack.surveys) {
    for (const auto& [name, value] : survey.keeps) visit_one(value.formula, visit);
  }
}

Place place_of(const PackSpec& pack, const Metric& metric) {
  const auto found = pack.places.find("metrics/" + metric.name);
  return found == pack.places.end() ? Place{} : found->second;
}

void each_action(const PackSpec& pack, const VisitAction& visit) {
  each_plain_action(pack, visit);
  for (const WorkflowSpec& workflow : pack.workflows) {
    const auto take = [&](const ActionSpec& action) { visit(action, workflow); };
    each_action(workflow, take);
    each_step(workflow.steps, [&](const StepSpec& step) { each_action(step, take); });
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
