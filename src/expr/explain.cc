#include "expr/explain.h"

#include <optional>

namespace rapport::expr {
namespace {

class Explainer {
 public:
  Explainer(const Binding& binding, const Explanation& explanation)
      : binding_(binding), ast_(binding.ast()), values_(ast_.size()) {
    for (const Explanation::Step& step : explanation.steps) values_[step.node] = step.value;
  }

  std::vector<ExplainedPart> run() {
    if (ast_.size() > 0) visit(ast_.root(), 0, false);
    return std::move(parts_);
  }

 private:
  void visit(NodeId id, uint32_t depth, bool repeated) {
    const bool shown = values_[id] && binding_.node(id).origin != Origin::kConstant;
    if (shown || depth == 0) {
      const Value value = values_[id].value_or(Value());
      parts_.push_back({ast_.source_of(id), ast_.position(id), depth, repeated, value});
      ++depth;
    }
    const bool loop = ast_.kind(id) == NodeKind::kComprehension;
    const auto children = ast_.children(id);
    for (size_t i = binding_.node(id).qualified ? 1 : 0; i < children.size(); ++i)
      visit(children[i], depth, repeated || (loop && i > 0));
  }

  const Binding& binding_;
  const Ast& ast_;
  std::vector<std::optional<Value>> values_;  // by node
  std::vector<ExplainedPart> parts_;
};

}  // namespace

std::vector<ExplainedPart> explain(const Binding& expression, const RecordView& record,
                                   Arena& arena, const EvaluationOptions& options) {
  Explanation explanation;
  const Value whole = interpret(expression, record, arena, options, &explanation);
  auto parts = Explainer(expression, explanation).run();
  if (!parts.empty()) parts.front().value = whole;
  return parts;
}

std::string to_text(const std::vector<ExplainedPart>& parts) {
  std::string text;
  for (const ExplainedPart& part : parts) {
    text.append(size_t{part.depth} * 2, ' ');
    text.append(part.source).append(part.repeated ? ", last: " : ": ");
    text.append(describe(part.value)).append("\n");
  }
  return text;
}

}  // namespace rapport::expr
