// Many conditions over one record at the cost of the few that apply.
//
// What several of them ask is answered once per record: the same sub-expression, the texts a field
// is compared with, the words looked for in a text. Those that ask whether a field equals some text
// or whole number (`event.type == "…" && …`), or whether a list has some text, are found by what
// the field holds; the others of that field are not touched.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "expr/binding.h"
#include "expr/interpreter.h"
#include "expr/program_evaluator.h"
#include "expr/program_ops.h"
#include "expr/program_tables.h"
#include "expr/rule_index.h"

namespace rapport::expr {

class RuleSet;

// What the conditions of a set came to for one record, and the memory for the next one. Not for two
// threads at a time. Valid as long as its set, which must stay in its place.
class RuleSetState {
 public:
  explicit RuleSetState(const RuleSet& set);

  // Numbers of the conditions that are true; the order is the same each time, but not that of the
  // numbers.
  std::span<const uint32_t> matched() const { return matched_; }
  // Those that are neither true nor false: a field is missing, or something is wrong. The others
  // are false.
  struct Unsettled {
    uint32_t rule = 0;
    Truth truth = Truth::kUnknown;
  };
  std::span<const Unsettled> unsettled() const { return unsettled_; }

 private:
  friend class RuleSet;

  SharedState shared_;
  std::vector<uint64_t> bits_;
  std::vector<Value> locals_;
  std::vector<uint64_t> told_;  // by rule: the last turn it was told, where it stands several times
  std::vector<uint32_t> matched_;
  std::vector<Unsettled> unsettled_;
};

// Immutable: one for any number of threads, each with a state and an arena of its own.
class RuleSet {
 public:
  // The place of a condition is its number. Conditions that are no bool are errors. The registry
  // the bindings borrow must outlive the set. Cost: some ten microseconds per condition.
  explicit RuleSet(std::vector<std::shared_ptr<const Binding>> conditions);

  // Tells each condition, each within `options.cost`. Does not allocate once `state` was used for a
  // few records, unless an expression makes lists or text. The arena is not reset.
  void evaluate(const RecordView& record, Arena& arena, RuleSetState& state,
                const EvaluationOptions& options = {}) const;

  size_t size() const { return bindings_.size(); }
  // The expression of a condition, to ask the interpreter why.
  const Binding& condition(uint32_t rule) const { return *bindings_[rule]; }

 private:
  friend class RuleSetState;

  class Run;

  std::vector<std::shared_ptr<const Binding>> bindings_;
  Code code_;
  std::vector<SlotTable> tables_;
  RuleIndex index_;
};

}  // namespace rapport::expr
