// How steps of workflows end, and where expressions ask for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decide/pack/flow_spec.h"

namespace rapport::decide {

// The words a step may end with, as docs/spec/workflows.md has them; `skipped` when it has a
// `when`.
std::vector<std::string> outcomes_of(const StepSpec& step);

// `outcome.<step>` in an expression.
struct OutcomeUse {
  std::string step;
  std::optional<std::string> word;  // what it is compared with
  Place place;
};
// In the order of the text; none when the text is no expression. One that is compared stands there
// once for each word.
std::vector<OutcomeUse> outcomes_used(const Formula& formula);

}  // namespace rapport::decide
