#include "expr/rule_set.h"

#include <algorithm>
#include <map>

#include "expr/program_compiler.h"

namespace rapport::expr {

RuleSetState::RuleSetState(const RuleSet& set) : locals_(set.code_.locals + 2) {
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
  index_rules(roots);
}

// Tests of a slot against text of which one must hold for the condition to hold.
std::vector<RuleSet::Guard> RuleSet::guards_of(uint32_t root) const {
  const Op& whole = code_.ops[root];
  const bool several = whole.code == OpCode::kAnd;
  std::vector<Guard> guards;
  for (uint32_t i = 0; i < (several ? whole.count : 1); ++i) {
    const Op& op = several ? code_.ops[whole.first + i] : whole;
    if (op.negated) continue;
    if (op.code == OpCode::kTableTextIs) guards.push_back({i, op.number, {op.symbol}});
    if (op.code != OpCode::kTableTextIn) continue;
    Guard guard{i, op.number, {}};
    for (uint32_t bit = 0; bit < 64; ++bit)
      if (op.symbols >> bit & 1) guard.symbols.push_back(op.symbol * 64 + bit);
    guards.push_back(std::move(guard));
  }
  return guards;
}

// An && of the operands but the guard, which comes first so that the others stay side by side.
uint32_t RuleSet::without_guard(uint32_t root, const Guard& guard) {
  Op rest = code_.ops[root];
  if (rest.code != OpCode::kAnd) {
    rest = {};
    rest.constant = Value::boolean(true);
  } else {
    const auto operands = code_.ops.begin() + rest.first;
    std::rotate(operands, operands + guard.operand, operands + guard.operand + 1);
    if (rest.count == 2) return rest.first + 1;
    ++rest.first;
    --rest.count;
  }
  code_.ops.push_back(rest);
  return static_cast<uint32_t>(code_.ops.size()) - 1;
}

// Of several guards the one whose slot is asked by most rules is taken: one look-up tells them all.
void RuleSet::index_rules(const std::vector<uint32_t>& roots) {
  std::vector<std::vector<Guard>> guards;
  std::vector<uint32_t> popularity(tables_.size());
  for (const uint32_t root : roots) {
    guards.push_back(guards_of(root));
    for (const Guard& guard : guards.back()) popularity[guard.table]++;
  }
  std::map<uint32_t, Guarded> by_table;
  std::map<uint32_t, std::vector<std::vector<uint32_t>>> places;  // by table and symbol
  for (uint32_t number = 0; number < roots.size(); ++number) {
    if (guards[number].empty()) {
      unguarded_.push_back({number, roots[number], roots[number]});
      continue;
    }
    const Guard& guard = *std::ranges::max_element(
        guards[number], {}, [&](const Guard& g) { return popularity[g.table]; });
    Guarded& guarded = by_table[guard.table];
    guarded.table = guard.table;
    auto& by_symbol = places[guard.table];
    by_symbol.resize(tables_[guard.table].symbols.size());
    for (const uint32_t symbol : guard.symbols)
      by_symbol[symbol].push_back(static_cast<uint32_t>(guarded.rules.size()));
    guarded.rules.push_back({number, roots[number], without_guard(roots[number], guard)});
  }
  for (auto& [table, guarded] : by_table) {
    for (const auto& rules : places[table]) {
      guarded.first.push_back(static_cast<uint32_t>(guarded.places.size()));
      guarded.places.insert(guarded.places.end(), rules.begin(), rules.end());
    }
    guarded.first.push_back(static_cast<uint32_t>(guarded.places.size()));
    guarded_.push_back(std::move(guarded));
  }
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
    for (const Rule& rule : set_.unguarded_) tell(rule.number, rule.root);
    for (const Guarded& guarded : set_.guarded_) tell_guarded(guarded);
  }

 private:
  void tell_guarded(const Guarded& guarded) {
    const SlotState& slot = evaluator_.slot_state(guarded.table);
    if (slot.held != SlotState::Held::kText) {
      for (const Rule& rule : guarded.rules) tell(rule.number, rule.root);
    } else if (slot.symbol != SymbolTable::kNone) {
      const uint32_t* place = guarded.places.data() + guarded.first[slot.symbol];
      const uint32_t* end = guarded.places.data() + guarded.first[slot.symbol + 1];
      for (; place != end; ++place) tell(guarded.rules[*place].number, guarded.rules[*place].rest);
    }
  }

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
