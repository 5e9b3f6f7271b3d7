// Evaluates compiled operations. What is unknown or an error has its kind here, not its details:
// those the interpreter finds, when somebody asks.
#pragma once

#include <vector>

#include "expr/program_ops.h"
#include "expr/program_tables.h"
#include "expr/record.h"
#include "expr/registry.h"

namespace rapport::expr {

// What a set of expressions remembers while it is evaluated over one record.
struct SharedState {
  struct Memo {
    uint64_t turn = 0;
    Value value;
  };
  const std::vector<SlotTable>* tables = nullptr;
  std::vector<SlotState> slots;  // by table
  std::vector<Memo> memos;
  uint64_t turn = 0;  // of the present record
};

class Evaluator {
 public:
  // `locals` has room for Code::locals + 2 values. `shared` may be null where no operation needs
  // it.
  Evaluator(const Code& code, const RecordView& record, Call& call, Value* locals,
            SharedState* shared)
      : ops_(code.ops.data()), record_(record), call_(call), locals_(locals), shared_(shared) {}

  Truth truth(const Op& op) {
    if (op.in_loop) call_.budget.spend(1);
    return truth_of(op);
  }
  Value value(const Op& op) {
    if (op.in_loop) call_.budget.spend(1);
    return value_of(op);
  }

  // The state of a table's slot for this record.
  const SlotState& slot_state(uint32_t table) {
    SlotState& state = shared_->slots[table];
    if (state.read_for != shared_->turn) read_slot(table, state);
    return state;
  }

 private:
  Truth truth_of(const Op& op);
  Value value_of(const Op& op);
  Value read(const Op& op) { return record_.read(op.number, call_.arena); }
  const Op& operand(const Op& op, uint32_t n = 0) const { return ops_[op.first + n]; }

  Truth and_of(const Op& op);
  Truth or_of(const Op& op);
  Truth equal_text(const Op& op);
  Truth equal_number(const Op& op);
  Truth order(const Op& op);
  Truth order_money(const Op& op);
  Truth text_in_list(const Op& op);
  Truth list_has_text(const Op& op);
  Truth words_in_text(const Op& op);
  Truth table_words(const Op& op);
  Truth iterate(const Op& op);  // kAll, kExists
  void read_slot(uint32_t table, SlotState& state);
  void scan_slot(uint32_t table, SlotState& state);

  Value shared(const Op& op);
  Value equal_values(const Op& op);
  Value apply(const Op& op);
  Value optional_or(const Op& op);
  Value conditional(const Op& op);
  Value list(const Op& op);
  Value map(const Op& op);
  Value loop(const Op& op);
  Value opt_map(const Op& op);
  MapEntry element(const Op& op, const Value& range, uint32_t index);
  void set_variables(const Op& op, const Value& range, const MapEntry& entry);

  const Op* ops_;
  const RecordView& record_;
  Call& call_;
  Value* locals_;
  SharedState* shared_;
};

}  // namespace rapport::expr
