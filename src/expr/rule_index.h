// Which rules need a slot to hold one of some constants: only they are looked at when it does.
#pragma once

#include <cstdint>
#include <vector>

#include "expr/program_ops.h"
#include "expr/program_tables.h"

namespace rapport::expr {

struct IndexedRule {
  uint32_t number = 0;
  uint32_t root = 0;     // operation
  uint32_t rest = 0;     // what is left to tell where the guard holds
  bool several = false;  // stands under several symbols of a list, of which a record may have many
};

// Rules that are false unless the table's slot is a text, a number or a list with a text, among
// those each rule names.
struct GuardedRules {
  uint32_t table = 0;
  SlotState::Held held = SlotState::Held::kText;
  std::vector<IndexedRule> rules;
  std::vector<uint32_t> first;   // by symbol: where its rules begin in `places`; and one more
  std::vector<uint32_t> places;  // into `rules`
};

struct RuleIndex {
  std::vector<IndexedRule> unguarded;
  std::vector<GuardedRules> guarded;
};

// Of several guards of a rule the one whose slot most rules ask is taken: one look-up tells them
// all. Adds operations to `code`.
RuleIndex index_rules(Code& code, const std::vector<SlotTable>& tables,
                      const std::vector<uint32_t>& roots);

}  // namespace rapport::expr
