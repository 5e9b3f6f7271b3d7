#include "expr/program.h"

#include <array>

#include "expr/program_compiler.h"
#include "expr/program_evaluator.h"

namespace rapport::expr {

Program::Program(Binding binding) : Program(std::make_shared<const Binding>(std::move(binding))) {}

Program::Program(std::shared_ptr<const Binding> binding) : binding_(std::move(binding)) {
  root_ = compile(*binding_, code_, nullptr);
}

template <class Use>
auto Program::with_evaluator(const RecordView& record, Call& call, Use use) const {
  constexpr uint32_t kFew = 6;
  if (code_.locals <= kFew) {
    std::array<Value, kFew> locals;
    Evaluator evaluator(code_, record, call, locals.data(), nullptr);
    return use(evaluator, code_.ops[root_]);
  }
  std::vector<Value> locals(code_.locals);
  Evaluator evaluator(code_, record, call, locals.data(), nullptr);
  return use(evaluator, code_.ops[root_]);
}

Value Program::evaluate(const RecordView& record, Arena& arena,
                        const EvaluationOptions& options) const {
  Budget budget(options.cost);
  Call call{arena, budget, options.zones, options.rates};
  const Value value =
      with_evaluator(record, call, [](Evaluator& e, const Op& root) { return e.value(root); });
  if (value.is_known() && !budget.over()) return value;
  return interpret(*binding_, record, arena, options);
}

Value Program::evaluate_only(const RecordView& record, Arena& arena,
                             const EvaluationOptions& options) const {
  Budget budget(options.cost);
  Call call{arena, budget, options.zones, options.rates};
  const Value value =
      with_evaluator(record, call, [](Evaluator& e, const Op& root) { return e.value(root); });
  return budget.over() ? interpret(*binding_, record, arena, options) : value;
}

Truth Program::test(const RecordView& record, Arena& arena,
                    const EvaluationOptions& options) const {
  Budget budget(options.cost);
  Call call{arena, budget, options.zones, options.rates};
  const Truth truth =
      with_evaluator(record, call, [](Evaluator& e, const Op& root) { return e.truth(root); });
  return budget.over() ? to_truth(interpret(*binding_, record, arena, options)) : truth;
}

}  // namespace rapport::expr
