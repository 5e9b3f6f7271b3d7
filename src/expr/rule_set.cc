#include "expr/rule_set.h"

#include <bit>
#include <utility>

#include "expr/program_compiler.h"

namespace rapport::expr {

RuleSetState::RuleSetState(const RuleSet& set) : locals_(set.code_.locals + 2), told_(set.size()) {
  shared_.tables = &set.tables_;
  shared_.memos.resize(set.code_.memos);
  shared_.slots.resize(set.tables_.size());
  size_t words = 0;
  for (const SlotTable& table : set.tables_) words += table.symbols.size() / 64 + 1;
  bits_.resize(words);
  uint64_t* at = bits_.data();
  for (size_t i = 0; i < set.tables_.size(); ++i) {
    shared_.slots[i].bits = at;
    at += set.tables_[i].symbols.size() / 64 + 1;
  }
}

RuleSet::RuleSet(std::vector<std::shared_ptr<const Binding>> conditions)
    : bindings_(std::move(conditions)) {
  Sharing sharing;
  for (const auto& binding : bindings_) sharing.count(*binding);
  std::vector<uint32_t> roots;
  for (const auto& binding : bindings_) roots.push_back(compile(*binding, code_, &sharing));
  tables_ = sharing.finish();
  index_ = index_rules(code_, tables_, roots);
}

// One evaluation of the set.
class RuleSet::Run {
 public:
  Run(const RuleSet& set, const RecordView& record, Arena& arena, RuleSetState& state,
      const EvaluationOptions& options)
      : set_(set),
        record_(record),
        arena_(arena),
        state_(state),
        options_(options),
        budget_(options.cost),
        call_{arena, budget_, options.zones, options.rates},
        evaluator_(set.code_, record, call_, state.locals_.data(), &state.shared_) {}

  void run() {
    for (const IndexedRule& rule : set_.index_.unguarded) tell(rule.number, rule.root);
    for (const GuardedRules& guarded : set_.index_.guarded) tell_guarded(guarded);
  }

 private:
  void tell_guarded(const GuardedRules& guarded) {
    const SlotState& slot = evaluator_.slot_state(guarded.table);
    if (slot.held != guarded.held)
      for (const IndexedRule& rule : guarded.rules) tell(rule.number, rule.root);
    else if (slot.held == SlotState::Held::kList)
      tell_listed(guarded, slot);
    else if (slot.symbol != SymbolTable::kNone)
      tell_symbol(guarded, slot.symbol);
  }

  void tell_listed(const GuardedRules& guarded, const SlotState& slot) {
    for (uint32_t word = 0; word * 64 + 1 < guarded.first.size(); ++word)
      for (uint64_t bits = slot.bits[word]; bits != 0; bits &= bits - 1)
        tell_symbol(guarded, word * 64 + static_cast<uint32_t>(std::countr_zero(bits)));
  }

  void tell_symbol(const GuardedRules& guarded, uint32_t symbol) {
    if (symbol + 1 >= guarded.first.size()) return;  // asked by others only
    const uint32_t* place = guarded.places.data() + guarded.first[symbol];
    const uint32_t* end = guarded.places.data() + guarded.first[symbol + 1];
    for (; place != end; ++place) {
      const IndexedRule& rule = guarded.rules[*place];
      if (rule.several && std::exchange(state_.told_[rule.number], turn()) == turn()) continue;
      tell(rule.number, rule.rest);
    }
  }
  uint64_t turn() const { return state_.shared_.turn; }

  void tell(uint32_t number, uint32_t op) {
    Truth truth = evaluator_.truth(set_.code_.ops[op]);
    if (budget_.spent() != 0) {
      if (budget_.over())
        truth = to_truth(interpret(set_.condition(number), record_, arena_, options_));
      budget_ = Budget(options_.cost);
    }
    if (truth == Truth::kFalse) return;
    if (truth == Truth::kTrue)
      state_.matched_.push_back(number);
    else
      state_.unsettled_.push_back({number, truth});
  }

  const RuleSet& set_;
  const RecordView& record_;
  Arena& arena_;
  RuleSetState& state_;
  const EvaluationOptions& options_;
  Budget budget_;
  Call call_;
  Evaluator evaluator_;
};

void RuleSet::evaluate(const RecordView& record, Arena& arena, RuleSetState& state,
                       const EvaluationOptions& options) const {
  ++state.shared_.turn;
  state.matched_.clear();
  state.unsettled_.clear();
  Run(*this, record, arena, state, options).run();
}

}  // namespace rapport::expr
