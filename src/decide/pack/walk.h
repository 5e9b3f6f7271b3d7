// Passes over everything a pack declares.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "decide/pack/spec.h"

namespace rapport::decide {

// Every expression, of values and actions too, in the order of sections. Empty ones are left out.
void each_formula(const PackSpec& pack, const std::function<void(const Formula&)>& visit);

// Those of workflows, schedules, templates, variables and surveys.
void each_flow_formula(const PackSpec& pack, const std::function<void(const Formula&)>& visit);

// Every action with the entry it belongs to: a rule, a stage's lifecycle, a workflow. What a step
// asks counts too.
using VisitAction = std::function<void(const ActionSpec&, const Entry& owner)>;
void each_action(const PackSpec& pack, const VisitAction& visit);

void each_formula(const ScoreSpec& score, const std::function<void(const Formula&)>& visit);
void each_formula(const ActionSpec& action, const std::function<void(const Formula&)>& visit);

// Every step with those inside its paths, in the order they stand; and every step's own
// expressions and actions, without those of the steps in its paths.
using VisitStep = std::function<void(const StepSpec&)>;
void each_step(const std::vector<StepSpec>& steps, const VisitStep& visit);
void each_action(const StepSpec& step, const std::function<void(const ActionSpec&)>& visit);
void each_formula(const StepSpec& step, const std::function<void(const Formula&)>& visit);

// Of starts, goal, exits and escalations.
void each_action(const WorkflowSpec& workflow, const std::function<void(const ActionSpec&)>& visit);
void each_formula(const WorkflowSpec& workflow, const std::function<void(const Formula&)>& visit);

// Every text of a template, with the variant it stands in; null for the template's own.
using VisitText = std::function<void(const TemplateText&, const TemplateVariant*)>;
void each_text(const TemplateSpec& made, const VisitText& visit);
void each_formula(const TemplateSpec& made, const std::function<void(const Formula&)>& visit);

// Where a metric is declared.
Place place_of(const PackSpec& pack, const Metric& metric);

// Appends the `object.field` pairs that a text names, also as `object.?field`: every name with the
// one behind its dot. More than an expression truly reads (words in quotes count), never less.
void add_field_names(std::string_view text, std::set<std::string>& names);
std::set<std::string> field_names(const Formula& formula);

}  // namespace rapport::decide
