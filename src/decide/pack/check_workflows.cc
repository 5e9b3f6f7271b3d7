// What a pack's workflows must be beyond the form of their parts.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "base/yaml_fields.h"
#include "decide/pack/outcomes.h"
#include "decide/pack/run_loops.h"
#include "decide/pack/sections.h"
#include "decide/pack/walk.h"
#include "expr/parser.h"

namespace rapport::decide {
namespace {

class WorkflowCheck {
 public:
  WorkflowCheck(const WorkflowSpec& workflow, std::vector<Error>& errors)
      : workflow_(workflow), errors_(errors) {}

  void check() {
    each_step(workflow_.steps, [&](const StepSpec& step) {
      all_.push_back(step.id);
      by_id_.emplace(step.id, &step);
    });
    const auto ended = [&](const Formula& formula) { check_outcomes(formula, true); };
    each_formula(workflow_, ended);
    check_steps(workflow_.steps, false);
    check_ends(workflow_.steps);
    note_parallel(workflow_.steps, false);
    for (const StepMove& move : workflow_.moves) check_move(move);
  }

 private:
  void refuse(const Place& place, std::string_view message) {
    errors_.push_back(yaml_error(place.file, place.line, place.column, message));
  }

  bool is_step(const std::string& id) const { return by_id_.count(id) != 0; }

  // `turns`: inside a repeat, where a later step may have been taken in the turn before.
  void check_steps(const std::vector<StepSpec>& steps, bool turns) {
    for (const StepSpec& step : steps) {
      each_formula(step, [&](const Formula& formula) {
        check_outcomes(formula, turns || step.kind == StepKind::kRepeat);
      });
      for (const PathSpec& path : step.paths) {
        check_steps(path.steps, turns || step.kind == StepKind::kRepeat);
      }
      taken_.insert(step.id);
    }
  }

  // The steps whose outcome an expression names, and the words it is compared with.
  void check_outcomes(const Formula& formula, bool any_order) {
    for (const OutcomeUse& use : outcomes_used(formula)) {
      const auto step = by_id_.find(use.step);
      if (step == by_id_.end()) {
        refuse(use.place, fmt::format("workflow '{}' has no step '{}'{}", workflow_.id, use.step,
                                      suggestion(use.step, all_)));
      } else if (!any_order && taken_.count(use.step) == 0) {
        refuse(use.place,
               fmt::format("the outcome of '{}' is not there yet: the step comes later", use.step));
      } else if (use.word) {
        check_word(*step->second, use);
      }
    }
  }

  void check_word(const StepSpec& step, const OutcomeUse& use) {
    const std::vector<std::string> words = outcomes_of(step);
    if (std::find(words.begin(), words.end(), *use.word) != words.end()) return;
    refuse(use.place,
           fmt::format("step '{}' never ends with '{}': it ends with {}{}", step.id, *use.word,
                       words.empty() ? "the run" : fmt::format("{}", fmt::join(words, ", ")),
                       suggestion(*use.word, words)));
  }

  // Tells of steps behind one that always ends the run. Whether the last of these does.
  bool check_ends(const std::vector<StepSpec>& steps) {
    const StepSpec* last = nullptr;
    for (const StepSpec& step : steps) {
      if (last != nullptr) {
        refuse(step.place, fmt::format("step '{}' is never reached: '{}' always ends the run",
                                       step.id, last->id));
        return true;
      }
      if (always_ends(step)) last = &step;
    }
    return last != nullptr;
  }

  bool always_ends(const StepSpec& step) {
    bool all = true;
    bool any = false;
    for (const PathSpec& path : step.paths) {
      const bool ends = check_ends(path.steps);
      all &= ends;
      any |= ends;
    }
    if (!step.when.empty()) return false;
    switch (step.kind) {
      case StepKind::kEnd:
        return true;
      case StepKind::kBranch:
        return all && step.paths.back().when.empty();
      case StepKind::kSplit:
        return all;
      case StepKind::kParallel:
        return step.first_ends ? all : any;
      case StepKind::kRepeat:
        return all && step.loop.empty();
      default:
        return false;
    }
  }

  void note_parallel(const std::vector<StepSpec>& steps, bool inside) {
    for (const StepSpec& step : steps) {
      if (inside) parallel_.insert(step.id);
      for (const PathSpec& path : step.paths) {
        note_parallel(path.steps, inside || step.kind == StepKind::kParallel);
      }
    }
  }

  void check_move(const StepMove& move) {
    if (is_step(move.from)) {
      refuse(move.place, fmt::format("'{}' is still a step, so runs stay there; name under "
                                     "'migrate' only steps that are no more",
                                     move.from));
    }
    if (!is_step(move.to)) {
      refuse(move.to_place, fmt::format("workflow '{}' has no step '{}'{}", workflow_.id, move.to,
                                        suggestion(move.to, all_)));
    } else if (parallel_.count(move.to) != 0) {
      refuse(move.to_place,
             fmt::format("'{}' stands in a parallel path: a run that goes on there would lack the "
                         "other paths; name the parallel step or one outside of it",
                         move.to));
    }
  }

  const WorkflowSpec& workflow_;
  std::vector<Error>& errors_;
  std::vector<std::string> all_;  // in order
  std::map<std::string, const StepSpec*> by_id_;
  std::set<std::string> taken_, parallel_;
};

}  // namespace

void check_workflows(const PackSpec& pack, std::vector<Error>& errors) {
  std::vector<const WorkflowSpec*> workflows;
  for (const WorkflowSpec& workflow : pack.workflows) {
    WorkflowCheck(workflow, errors).check();
    workflows.push_back(&workflow);
  }
  for (const RunLoop& loop : find_run_loops(workflows)) {
    const Place& place = loop.steps[0]->place;
    errors.push_back(yaml_error(place.file, place.line, place.column, to_text(loop)));
  }
}

void check_forms(const PackSpec& pack, std::vector<Error>& errors) {
  each_flow_formula(pack, [&](const Formula& formula) {
    const expr::Parsed parsed = expr::parse(formula.text);
    if (parsed.ok()) return;
    const expr::Problem& problem = parsed.problems.front();
    const Place place =
        formula.place_at(static_cast<int>(problem.at.line), static_cast<int>(problem.at.column));
    errors.push_back(yaml_error(place.file, place.line, place.column, expr::to_text(problem)));
  });
}

namespace {

// Each step with the parallel paths it stands in, outermost first: "both/mail".
using Contexts = std::vector<std::pair<std::string, std::string>>;

void add_contexts(const std::vector<StepSpec>& steps, const std::string& inside, Contexts& all) {
  for (const StepSpec& step : steps) {
    all.emplace_back(step.id, inside);
    for (const PathSpec& path : step.paths) {
      const bool parallel = step.kind == StepKind::kParallel;
      add_contexts(path.steps, parallel ? inside + step.id + "/" + path.id + " " : inside, all);
    }
  }
}

}  // namespace

std::vector<std::string> steps_without_place(const WorkflowSpec& before,
                                             const WorkflowSpec& after) {
  std::vector<std::string> missing;
  if (!after.migrates) return missing;
  Contexts old_steps;
  Contexts new_steps;
  add_contexts(before.steps, "", old_steps);
  add_contexts(after.steps, "", new_steps);
  const std::set<std::pair<std::string, std::string>> kept(new_steps.begin(), new_steps.end());
  std::set<std::string> named;
  for (const StepMove& move : after.moves) named.insert(move.from);
  for (const auto& [step, inside] : old_steps) {
    if (kept.count({step, inside}) == 0 && named.count(step) == 0) missing.push_back(step);
  }
  return missing;
}

}  // namespace rapport::decide
