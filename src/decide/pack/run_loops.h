// Workflows that run each other for ever.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "decide/pack/flow_spec.h"

namespace rapport::decide {

// Each workflow runs the next by the step of the same index, the last one the first.
struct RunLoop {
  std::vector<const WorkflowSpec*> workflows;
  std::vector<const StepSpec*> steps;
};
// "workflow 'a' runs itself: a → b → a; …"
std::string to_text(const RunLoop& loop);

// Loops, by the first of their workflows; of several that share a workflow one at least. Linear in
// the steps.
std::vector<RunLoop> find_run_loops(std::span<const WorkflowSpec* const> workflows);

}  // namespace rapport::decide
