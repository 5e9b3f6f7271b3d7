// The plain evaluator: walks the tree. It is the reference the compiled form is compared with, and
// the one that explains an evaluation node by node.
#pragma once

#include <vector>

#include "expr/binding.h"
#include "expr/record.h"
#include "expr/registry.h"

namespace rapport::expr {

// What an evaluation may use and use up. The arena is not reset: the result may live in it.
struct EvaluationOptions {
  uint64_t cost = 250'000;  // most units of work; about one per simple operation
  const Zones* zones = nullptr;
  const ExchangeRates* rates = nullptr;
};

// The value each node had, the last time it was evaluated; nodes that were not are left out.
struct Explanation {
  struct Step {
    NodeId node;
    Value value;
  };
  std::vector<Step> steps;  // by node
};

// A missing field makes what needs it unknown: unknown beats error, false && unknown is false,
// true || unknown is true. has(a.b) is false where b is absent, a.?b is none. Never throws; work
// and memory are bounded by `options.cost` and the arena, past which the value is an error.
Value interpret(const Binding& expression, const RecordView& record, Arena& arena,
                const EvaluationOptions& options = {}, Explanation* explanation = nullptr);

}  // namespace rapport::expr
