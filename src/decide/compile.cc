#include "decide/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/text.h"
#include "base/yaml.h"
#include "decide/compile_names.h"
#include "decide/compile_parts.h"
#include "decide/given_values.h"
#include "decide/plan_order.h"
#include "expr/expression.h"

namespace rapport::decide {

using expr::Type;
using expr::TypeKind;

const Operand* Action::find(std::string_view path) const {
  for (const auto& [name, operand] : arguments)
    if (name == path) return &operand;
  return nullptr;
}

std::string Action::text(std::string_view path) const {
  const Operand* operand = find(path);
  if (!operand || operand->predicate || !operand->literal.is_string()) return {};
  return std::string(operand->literal.as_string());
}

std::vector<std::pair<std::string, const Operand*>> Action::under(std::string_view prefix) const {
  std::vector<std::pair<std::string, const Operand*>> found;
  for (const auto& [name, operand] : arguments)
    if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '.')
      found.emplace_back(name.substr(prefix.size() + 1), &operand);
  return found;
}

const StageSpec* CompiledLifecycle::stage(std::string_view id) const {
  for (const StageSpec& stage : spec->stages)
    if (stage.id == id) return &stage;
  return nullptr;
}

namespace {

template <class All>
auto* find_entry(All& all, std::string_view id) {
  for (auto& one : all)
    if (one.spec->id == id) return &one;
  return static_cast<decltype(&all.front())>(nullptr);
}

}  // namespace

const CompiledLifecycle* Definitions::lifecycle(std::string_view id) const {
  return find_entry(lifecycles, id);
}
const CompiledScore* Definitions::score(std::string_view id) const {
  return find_entry(scores, id);
}
const CompiledApproval* Definitions::approval(std::string_view id) const {
  return find_entry(approvals, id);
}
const ProgramSpec* Definitions::program(std::string_view id) const {
  for (const auto& pack : packs)
    for (const ProgramSpec& program : pack->programs)
      if (program.id == id) return &program;
  return nullptr;
}

namespace {

// Second half: every expression is compiled over the names there are.
class Formulas {
 public:
  Formulas(Definitions& definitions, std::vector<Error>& errors, expr::Declarations declarations)
      : definitions_(definitions), errors_(errors), declarations_(std::move(declarations)) {}

  void compile_all();
  // The action with its expressions; errors are noted.
  Action action(const ActionSpec& spec);

 private:
  void compile(Predicate& predicate, const Type& wanted);
  void compile(Predicate& predicate, const Formula& formula, const Type& wanted) {
    predicate.formula = formula;
    compile(predicate, wanted);
  }
  void condition(Predicate& predicate, const Formula& formula) {
    compile(predicate, formula, TypeKind::kBool);
  }
  Operand operand(const ValueSpec& value);
  void metrics();
  void rollups();
  void scores();
  void lifecycles();
  void rules();
  void policies();
  void routings();
  void group_rules();
  void inner_rule(std::string name, std::string on, const std::vector<YamlNode>& actions,
                  const std::string& pack, const std::string& file);
  void enter_rules(const CompiledLifecycle& lifecycle, const StageSpec& stage);

  Definitions& definitions_;
  std::vector<Error>& errors_;
  expr::Declarations declarations_;
};

// "1:7" of an expression, in its file.
Place inside(const Formula& formula, std::string_view where) {
  int line = 1, column = 1;
  const size_t colon = where.find(':');
  if (colon == where.npos) return formula.place;
  std::from_chars(where.data(), where.data() + colon, line);
  std::from_chars(where.data() + colon + 1, where.data() + where.size(), column);
  return formula.place_at(line, column);
}

void Formulas::compile(Predicate& predicate, const Type& wanted) {
  if (predicate.formula.empty()) return;
  const expr::Environment environment{declarations_, *definitions_.registry,
                                      definitions_.vocabulary, definitions_.zones};
  auto read = expr::read_expression(predicate.formula.text, environment, wanted);
  if (!read.ok()) {
    const Place at = inside(predicate.formula, read.error().where);
    std::string_view message = read.error().message;
    if (message.starts_with(read.error().where)) {
      message.remove_prefix(read.error().where.size());
      while (message.starts_with(' ') || message.starts_with(':')) message.remove_prefix(1);
    }
    errors_.push_back(yaml_error(at.file, at.line, at.column, message));
    return;
  }
  predicate.reads = read->fields;
  predicate.binding = read->binding;
  predicate.program = std::make_shared<const expr::Program>(read->binding);
}

Operand Formulas::operand(const ValueSpec& value) {
  Operand operand{value.literal, {}};
  if (!value.formula.empty()) compile(operand.predicate, value.formula, {});
  return operand;
}

Action Formulas::action(const ActionSpec& spec) {
  Action action{spec.kind, spec.place, {}};
  for (const auto& argument : spec.arguments)
    action.arguments.emplace_back(argument.path, operand(argument.value));
  return action;
}

uint32_t number_of(const Vocabulary& vocabulary, uint32_t object, std::string_view field) {
  const auto& numbers = vocabulary.object(object).numbers;
  const auto it = numbers.find(field);
  return it == numbers.end() ? 0 : it->second;  // a doubled name was refused before
}

void Formulas::metrics() {
  for (uint32_t i = 0; i < definitions_.metrics.size(); ++i) {
    CompiledMetric& metric = definitions_.metrics[i];
    metric.field = number_of(definitions_.vocabulary, metric.object, metric.metric.name);
    compile(metric.where, TypeKind::kBool);
    compile(metric.value, Type{});
    for (const std::string& type : metric.metric.on) definitions_.metrics_on[type].push_back(i);
  }
  for (CompiledClock& clock : definitions_.clocks) {
    clock.field = number_of(definitions_.vocabulary, clock.object, clock.spec->id);
    const auto at = definitions_.vocabulary.field_at(clock.spec->at.text);
    const bool fits = at && at->first == clock.object;
    if (fits) clock.from = at->second;
    const FieldType type =
        fits ? definitions_.vocabulary.object(at->first).fields[at->second].type : FieldType::kText;
    if (type == FieldType::kTime || type == FieldType::kDate) continue;
    const Place& place = clock.spec->at.place;
    errors_.push_back(yaml_error(place.file, place.line, place.column,
                                 fmt::format("a clock of {} looks at a time or date field of it, "
                                             "such as {}.created_on",
                                             clock.spec->of, clock.spec->of)));
  }
}

void Formulas::rollups() {
  for (CompiledRollup& rollup : definitions_.rollups) {
    rollup.field = number_of(definitions_.vocabulary, rollup.object, rollup.spec->id);
    compile(rollup.where, TypeKind::kBool);
    compile(rollup.value, Type{});
  }
}

void Formulas::scores() {
  for (uint32_t i = 0; i < definitions_.scores.size(); ++i) {
    CompiledScore& score = definitions_.scores[i];
    compile(score.value, score.spec->value, Type{});
    for (const PointsLine& line : score.spec->points) {
      CompiledLine compiled{&line, {}, operand(line.per)};
      condition(compiled.when, line.condition);
      for (const std::string& type : line.on)
        definitions_.lines_on[type].push_back({i, static_cast<uint32_t>(score.lines.size())});
      score.lines.push_back(std::move(compiled));
    }
    for (const WeightedComponent& component : score.spec->components) {
      CompiledComponent compiled{&component, {}};
      for (const WeightedMetric& metric : component.metrics)
        compiled.metrics.push_back({&metric, operand(metric.value)});
      score.components.push_back(std::move(compiled));
    }
  }
}

void Formulas::lifecycles() {
  for (CompiledLifecycle& lifecycle : definitions_.lifecycles) {
    for (const StartSpec& start : lifecycle.spec->starts)
      condition(lifecycle.starts.emplace_back(), start.when);
    for (const MoveSpec& move : lifecycle.spec->moves)
      condition(lifecycle.moves.emplace_back(), move.when);
  }
  for (CompiledApproval& approval : definitions_.approvals)
    for (const ApprovalLevel& level : approval.spec->levels)
      condition(approval.levels.emplace_back(), level.when);
}

// What is done on entering and leaving a stage is a rule of its own.
void Formulas::enter_rules(const CompiledLifecycle& lifecycle, const StageSpec& stage) {
  const auto add = [&](std::string_view verb, const std::vector<ActionSpec>& actions) {
    if (actions.empty()) return;
    const std::string on = fmt::format("stage.{}.{}.{}", lifecycle.spec->id, stage.id, verb);
    Rule rule;
    rule.name = fmt::format("{}/{}/{}/{}", stage.pack, lifecycle.spec->id, stage.id, verb);
    for (const ActionSpec& spec : actions) rule.actions.push_back(action(spec));
    definitions_.rules_on[on].rules.push_back(static_cast<uint32_t>(definitions_.rules.size()));
    definitions_.rules.push_back(std::move(rule));
  };
  add("entered", stage.enter);
  add("left", stage.leave);
}

void Formulas::rules() {
  for (const auto& pack : definitions_.packs) {
    for (const RuleSpec& spec : pack->rules) {
      Rule rule;
      rule.spec = &spec;
      rule.name = pack->name + "/" + spec.id;
      condition(rule.when, spec.when);
      for (const ActionSpec& one : spec.actions) rule.actions.push_back(action(one));
      for (const std::string& on : spec.on)
        definitions_.rules_on[on].rules.push_back(static_cast<uint32_t>(definitions_.rules.size()));
      definitions_.rules.push_back(std::move(rule));
    }
  }
  for (const CompiledLifecycle& lifecycle : definitions_.lifecycles)
    for (const StageSpec& stage : lifecycle.spec->stages) enter_rules(lifecycle, stage);
}

void Formulas::group_rules() {
  uint32_t number = 0;
  for (auto& [name, group] : definitions_.rules_on) {
    group.number = number++;
    std::vector<std::shared_ptr<const expr::Binding>> conditions;
    for (const uint32_t place : group.rules) {
      const Rule& rule = definitions_.rules[place];
      const bool alone = !rule.when || (rule.spec && !rule.spec->changed.empty());
      group.conditions.push_back(alone ? RuleGroup::kAlone
                                       : static_cast<uint32_t>(conditions.size()));
      if (!alone) conditions.push_back(rule.when.binding);
    }
    if (!conditions.empty())
      group.set = std::make_unique<const expr::RuleSet>(std::move(conditions));
  }
}

// What is done when a clock has run so far, or a step of routing decides, is a rule of its own.
void Formulas::inner_rule(std::string name, std::string on, const std::vector<YamlNode>& actions,
                          const std::string& pack, const std::string& file) {
  if (actions.empty()) return;
  Rule rule;
  rule.name = std::move(name);
  for (const ActionSpec& spec : read_inner_actions(actions, pack, file, errors_))
    rule.actions.push_back(action(spec));
  definitions_.rules_on[std::move(on)].rules.push_back(
      static_cast<uint32_t>(definitions_.rules.size()));
  definitions_.rules.push_back(std::move(rule));
}

void Formulas::policies() {
  definitions_.objects_with_sla.resize(definitions_.vocabulary.objects());
  for (const SlaPolicy& policy : definitions_.sla.policies) {
    std::string pack;
    const std::string file = file_of(definitions_, "sla", policy.name, &pack);
    CompiledSla compiled{&policy, definitions_.vocabulary.find_object(policy.object), {}, {}};
    if (compiled.object == Vocabulary::kNone) {
      errors_.push_back(yaml_error(
          file, 1, 1,
          fmt::format("policy '{}': there is no object '{}'", policy.name, policy.object)));
      continue;
    }
    definitions_.objects_with_sla[compiled.object] = true;
    condition(compiled.when, policy.when);
    condition(compiled.pause_when, policy.pause_when);
    for (size_t i = 0; i < policy.steps.size(); ++i)
      inner_rule(fmt::format("{}/sla/{}/{}", pack, policy.name, i),
                 fmt::format("sla.{}.step.{}", policy.name, i), policy.steps[i].actions, pack,
                 file);
    definitions_.policies.push_back(std::move(compiled));
  }
}

void Formulas::routings() {
  for (const Routing& routing : definitions_.routing.routings) {
    std::string pack;
    const std::string file = file_of(definitions_, "routing", routing.id, &pack);
    CompiledRouting compiled{&routing, {}, {}};
    const auto make = [&](const RoutingStep& step, size_t number) {
      CompiledRoutingStep made;
      condition(made.when, step.when);
      compile(made.team_of, step.team_of, TypeKind::kString);
      compile(made.languages, step.languages, Type{});
      compile(made.territory, step.territory, Type{});
      inner_rule(fmt::format("{}/routing/{}/{}", pack, routing.id, number),
                 fmt::format("routing.{}.{}", routing.id, number), step.actions, pack, file);
      return made;
    };
    for (size_t i = 0; i < routing.steps.size(); ++i)
      compiled.steps.push_back(make(routing.steps[i], i));
    compiled.fallback = make(routing.fallback, routing.steps.size());
    definitions_.routings.push_back(std::move(compiled));
  }
}

void Formulas::compile_all() {
  policies();
  routings();
  metrics();
  rollups();
  for (CompiledComputed& computed : definitions_.computed) {
    const auto& fields = definitions_.vocabulary.object(computed.object).fields;
    compile(computed.is, type_of(fields[computed.field].type));
  }
  scores();
  for (CompiledSignal& signal : definitions_.signals) {
    condition(signal.when, signal.spec->when);
    signal.value = operand(signal.spec->value);
  }
  for (CompiledSegment& segment : definitions_.segments)
    condition(segment.when, segment.spec->when);
  lifecycles();
  rules();
  group_rules();
}

void add_told(Definitions& definitions, const PackSpec& pack, Names& names) {
  for (const SignalSpec& signal : pack.signals) {
    const uint32_t of = definitions.vocabulary.find_object(signal.of);
    if (of == Vocabulary::kNone) {
      names.refuse(signal.place, fmt::format("there is no object '{}'", signal.of));
      continue;
    }
    definitions.signals.push_back({&signal, of, {}, {}});
  }
  for (const SegmentSpec& segment : pack.segments) {
    const uint32_t of = definitions.vocabulary.find_object(segment.of);
    if (of == Vocabulary::kNone) {
      names.refuse(segment.place, fmt::format("there is no object '{}'", segment.of));
      continue;
    }
    definitions.segments.push_back({&segment, of, {}});
  }
}

void override_settings(Definitions& definitions, const WorkspaceTerms& terms,
                       std::vector<Error>& errors) {
  if (!terms.settings.is_object()) return;
  for (const auto& [name, value] : terms.settings.as_object()) {
    const auto it = definitions.settings.find(std::string_view(name));
    if (it == definitions.settings.end()) {
      errors.push_back(
          invalid(fmt::format("no active pack has a setting '{}'", std::string_view(name)),
                  std::string(std::string_view(name))));
      continue;
    }
    const auto taken =
        take_setting(definitions.vocabulary.settings().find(it->first)->second, value);
    if (taken.ok()) {
      it->second = *taken;
    } else {
      errors.push_back(taken.error());
    }
  }
}

std::string joined_version(const Definitions& definitions, const WorkspaceTerms& terms) {
  std::string all = terms.zone + '/' + terms.currency + '/' + to_canonical_text(terms.settings);
  for (const auto& pack : definitions.packs) all += '/' + pack->name + '@' + pack->version;
  return to_hex(bytes_of(sha256({all}))).substr(0, 16);
}

}  // namespace

Compiled compile(std::vector<std::shared_ptr<const PackSpec>> packs, const WorkspaceTerms& terms,
                 const expr::Zones* zones) {
  Compiled result;
  auto definitions = std::make_shared<Definitions>();
  definitions->packs = std::move(packs);
  definitions->zone_name = terms.zone;
  definitions->currency = terms.currency;
  definitions->zones = zones;
  definitions->zone = expr::find_zone(terms.zone, zones);
  definitions->version = joined_version(*definitions, terms);
  if (!definitions->zone) {
    result.errors.push_back(invalid(fmt::format("there is no time zone '{}'", terms.zone), "zone"));
    return result;
  }
  auto registry = expr::Registry::build(expr::all_libraries());
  CHECK(registry.ok());
  definitions->registry = std::make_shared<const expr::Registry>(std::move(*registry));

  Names names(*definitions, result.errors);
  for (const auto& pack : definitions->packs) names.add(*pack);
  for (const auto& pack : definitions->packs) names.add_made(*pack);
  for (const auto& pack : definitions->packs) add_told(*definitions, *pack, names);
  read_parts(*definitions, result.errors);
  override_settings(*definitions, terms, result.errors);
  auto declarations = definitions->vocabulary.declarations(*definitions->registry);
  if (!declarations.ok()) {
    result.errors.push_back(declarations.error());
    return result;
  }
  Formulas(*definitions, result.errors, std::move(*declarations)).compile_all();
  for (uint32_t slot = 0; slot < definitions->vocabulary.slots(); ++slot)
    definitions->reads_said |= definitions->vocabulary.source(slot).source == Source::kSaid;
  order_derivations(*definitions, result.errors);
  if (result.errors.empty()) result.definitions = std::move(definitions);
  return result;
}

}  // namespace rapport::decide
