#include "expr/rule_index.h"

#include <algorithm>
#include <map>
#include <optional>

namespace rapport::expr {
namespace {

using Held = SlotState::Held;

// A test of && without which the whole is false.
struct Guard {
  uint32_t operand = 0;  // its place among those of &&
  uint32_t table = 0;
  Held held = Held::kText;
  std::vector<uint32_t> symbols;  // one of them must be there
};

std::optional<Guard> guard_of(const Op& op, uint32_t operand) {
  if (op.negated) return std::nullopt;
  if (op.code == OpCode::kTableTextIs) return Guard{operand, op.number, Held::kText, {op.symbol}};
  if (op.code == OpCode::kTableNumberIs)
    return Guard{operand, op.number, Held::kNumber, {op.symbol}};
  const bool in_list = op.code == OpCode::kTableListHas;
  if (op.code != OpCode::kTableTextIn && !in_list) return std::nullopt;
  Guard guard{operand, op.number, in_list ? Held::kList : Held::kText, {}};
  for (uint32_t bit = 0; bit < 64; ++bit)
    if (op.symbols >> bit & 1) guard.symbols.push_back(op.symbol * 64 + bit);
  return guard;
}

class Indexer {
 public:
  Indexer(Code& code, const std::vector<SlotTable>& tables) : code_(code), tables_(tables) {}

  RuleIndex run(const std::vector<uint32_t>& roots) {
    std::vector<std::vector<Guard>> guards;
    for (const uint32_t root : roots) {
      guards.push_back(guards_of(root));
      for (const Guard& guard : guards.back()) popularity_[{guard.held, guard.table}]++;
    }
    RuleIndex index;
    for (uint32_t number = 0; number < roots.size(); ++number) {
      if (guards[number].empty())
        index.unguarded.push_back({number, roots[number], roots[number]});
      else
        add(number, roots[number], best_of(guards[number]));
    }
    for (auto& [key, group] : groups_) index.guarded.push_back(group.finish(key));
    return index;
  }

 private:
  using Key = std::pair<Held, uint32_t>;  // and the table
  struct Group {
    std::vector<IndexedRule> rules;
    std::vector<std::vector<uint32_t>> by_symbol;

    GuardedRules finish(const Key& key) {
      GuardedRules guarded{key.second, key.first, std::move(rules), {}, {}};
      for (const auto& places : by_symbol) {
        guarded.first.push_back(static_cast<uint32_t>(guarded.places.size()));
        guarded.places.insert(guarded.places.end(), places.begin(), places.end());
      }
      guarded.first.push_back(static_cast<uint32_t>(guarded.places.size()));
      return guarded;
    }
  };

  std::vector<Guard> guards_of(uint32_t root) const {
    const Op& whole = code_.ops[root];
    const bool several = whole.code == OpCode::kAnd;
    std::vector<Guard> guards;
    for (uint32_t i = 0; i < (several ? whole.count : 1); ++i)
      if (auto guard = guard_of(several ? code_.ops[whole.first + i] : whole, i))
        guards.push_back(std::move(*guard));
    return guards;
  }

  // A record holds one text or number, but may hold many elements: lists come last.
  const Guard& best_of(const std::vector<Guard>& guards) const {
    return *std::ranges::max_element(guards, {}, [this](const Guard& guard) {
      return std::pair(guard.held != Held::kList, popularity_.at({guard.held, guard.table}));
    });
  }

  void add(uint32_t number, uint32_t root, const Guard& guard) {
    Group& group = groups_[{guard.held, guard.table}];
    const SlotTable& table = tables_[guard.table];
    group.by_symbol.resize(guard.held == Held::kNumber ? table.numbers.size()
                                                       : table.symbols.size());
    for (const uint32_t symbol : guard.symbols)
      group.by_symbol[symbol].push_back(static_cast<uint32_t>(group.rules.size()));
    const bool several = guard.held == Held::kList && guard.symbols.size() > 1;
    group.rules.push_back({number, root, without_guard(root, guard), several});
  }

  // An && of the operands but the guard, which comes first so that the others stay side by side.
  uint32_t without_guard(uint32_t root, const Guard& guard) {
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

  Code& code_;
  const std::vector<SlotTable>& tables_;
  std::map<Key, uint32_t> popularity_;
  std::map<Key, Group> groups_;
};

}  // namespace

RuleIndex index_rules(Code& code, const std::vector<SlotTable>& tables,
                      const std::vector<uint32_t>& roots) {
  return Indexer(code, tables).run(roots);
}

}  // namespace rapport::expr
