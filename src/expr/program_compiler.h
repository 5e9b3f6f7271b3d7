// Makes the operations of expressions from their bindings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "expr/binding.h"
#include "expr/program_ops.h"
#include "expr/program_tables.h"

namespace rapport::expr {

// What the expressions of a set have in common. Filled in two passes: `count` over every
// expression tells what is worth sharing, then compiling makes tables and memos.
class Sharing {
 public:
  void count(const Binding& binding);

  // Whether a test of a slot goes by a table: where there are enough of its kind.
  bool has_table(const Op& test) const;
  uint32_t table(uint32_t slot);  // makes it
  std::vector<SlotTable>& tables() { return tables_; }
  // After the last expression: makes the tables' scanners.
  std::vector<SlotTable> finish();

  // A number for each distinct sub-expression without variables of its own from outside; kNoKey for
  // what is not worth a memo. By node. `constants` is what fold_constants gave.
  static constexpr uint32_t kNoKey = UINT32_MAX;
  std::vector<uint32_t> keys(const Binding& binding,
                             const std::vector<std::optional<Value>>& constants);
  bool stands_twice(uint32_t key) const { return key != kNoKey && counts_[key] > 1; }
  // The operation and the memo of a shared sub-expression, once it is compiled.
  struct Place {
    uint32_t op = 0;
    uint32_t memo = 0;
  };
  std::map<uint32_t, Place>& places() { return places_; }

 private:
  void count_node(const Binding& binding, NodeId id, const std::vector<uint32_t>& keys);

  std::map<std::string, uint32_t> known_;
  std::vector<uint32_t> counts_;  // by key
  std::map<uint32_t, Place> places_;
  std::map<uint32_t, uint32_t> texts_;    // slot: tests against texts
  std::map<uint32_t, uint32_t> numbers_;  // slot: tests whether it equals a whole number
  std::map<uint32_t, uint32_t> words_;    // slot: calls of hasAnyWord
  std::map<uint32_t, uint32_t> table_of_;
  std::vector<SlotTable> tables_;
};

// Appends the operations of `binding` to `code` and returns the place of the root's. `sharing` may
// be null. The binding must outlive the code.
uint32_t compile(const Binding& binding, Code& code, Sharing* sharing);

}  // namespace rapport::expr
