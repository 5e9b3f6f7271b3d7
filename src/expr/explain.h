// Why an expression has its value: the value of each of its parts, with their text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expr/binding.h"
#include "expr/interpreter.h"
#include "expr/record.h"

namespace rapport::expr {

struct ExplainedPart {
  std::string_view source;  // as it stands in the expression's text
  Position position;
  uint32_t depth = 0;     // 0: the whole expression; a part's own parts follow it, one deeper
  bool repeated = false;  // within a loop: `value` is that of the last round
  Value value;
};

// The parts of an expression that were evaluated, in the order of the text; literals and types are
// left out, and so is what a short circuit passed over. The first part is the whole expression.
// `value`s live in the arena, the record or the expression. For people: several times as slow as
// evaluating.
std::vector<ExplainedPart> explain(const Binding& expression, const RecordView& record,
                                   Arena& arena, const EvaluationOptions& options = {});

// A line per part: "  account.ltv > 50000: unknown(account.ltv)", indented by depth.
std::string to_text(const std::vector<ExplainedPart>& parts);

}  // namespace rapport::expr
